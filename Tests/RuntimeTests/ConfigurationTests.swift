import AlphaLoopCore
import AlphaLoopYAML
import Glibc
import Testing

@testable import AlphaLoopRuntime

/// The fixture with one text replaced.
private func changed(_ name: String, _ old: String, _ new: String) -> ConfigurationSources {
  var sources = ConfigurationFixture.sources
  let text = String(decoding: sources.files[name] ?? [], as: UTF8.self)
  let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
  precondition(parts.count == 2, "'\(old)' is not in \(name)")
  sources.files[name] = Array("\(parts[0])\(new)\(parts[1])".utf8)
  return sources
}

private func issues(_ sources: ConfigurationSources) -> [String] {
  do {
    _ = try Configuration.load(from: sources)
    return []
  } catch {
    return error.issues.map(\.description)
  }
}

@Suite("Configuration")
struct ConfigurationTests {
  @Test("the sample loads, with eleven sectors, twenty large caps and the mission's limits")
  func sampleLoads() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let configuration = try Configuration.load(directory: "/\(root)/config")
    #expect(configuration.sectors.count == 11)
    #expect(configuration.instruments.filter(\.isTradable).count == 20)
    #expect(
      Set(configuration.sectors.flatMap(\.symbols)) == Set(configuration.instruments.filter(\.isTradable).map(\.symbol))
    )
    #expect(configuration.instruments.filter { !$0.isTradable }.map(\.symbol) == ["^GSPC"])
    let risk = configuration.risk
    #expect([risk.dailyLoss, risk.drawdown, risk.kellyFraction] == [.percent(2), .percent(10), .percent(25)])
    #expect(risk.maxPosition == .percent(5))
    #expect(risk.maxPositions == 20)
  }

  @Test("universes resolve to the symbols of enabled sectors, in the order of the universe")
  func universes() throws {
    let configuration = try Configuration.load(from: ConfigurationFixture.sources)
    let agents = configuration.instances(of: .agent)
    func symbols(_ id: String) -> [String]? { agents.first { $0.id == id }?.symbols }
    #expect(configuration.tradableSymbols == ["CVX", "XOM", "KO"])
    #expect(symbols("mom.high52") == ["CVX", "XOM", "KO"])
    #expect(symbols("arb.cointegration") == ["CVX", "XOM"])
    #expect(symbols("exec.regime_hmm") == ["^GSPC", "KO"])
    #expect(symbols("energy/mom.tsmom") == ["CVX", "XOM"])
    #expect(agents.first { $0.id == "mom.intraday" }?.disabledReason == "enabled is false")
    #expect(agents.first { $0.id == "utilities/mom.tsmom" }?.disabledReason == "the sector 'utilities' is disabled")
    #expect(configuration.path(of: configuration.manifest.libraries[0]) == "c/../plugins/libfiles.so")
  }

  @Test("turning a sector off is one word: its symbols leave every universe and its agents stop")
  func sectorSwitch() throws {
    let configuration = try Configuration.load(from: changed("sectors/energy.yaml", "enabled: true", "enabled: false"))
    let agents = configuration.instances(of: .agent)
    #expect(configuration.tradableSymbols == ["KO"])
    #expect(agents.first { $0.id == "mom.high52" }?.symbols == ["KO"])
    #expect(agents.first { $0.id == "energy/mom.tsmom" }?.isEnabled == false)
    #expect(agents.first { $0.id == "arb.cointegration" }?.disabledReason == "the sector 'energy' is disabled")
  }

  @Test("a mistake is named where it stands, with the nearest word", arguments: ConfigurationFixture.mistakes)
  func mistakes(mistake: ConfigurationFixture.Mistake) {
    #expect(issues(changed(mistake.file, mistake.old, mistake.new)) == mistake.expected)
  }

  @Test("mistakes in several files come out together, sorted by place")
  func together() {
    var sources = changed("risk.yaml", "daily_loss: 2 %", "daily_los: 2 %")
    sources.files["sectors/energy.yaml"] = Array("name: [\n".utf8)
    sources.files["sessions.yaml"] = nil
    let found = issues(sources)
    #expect(found.count == 3)
    #expect(found.first?.hasPrefix("c/risk.yaml:2:3: unknown key 'daily_los'") == true)
    #expect(found.dropFirst().first?.hasPrefix("c/sectors/energy.yaml:2:1: not YAML") == true)
    #expect(found.last == "c/sessions.yaml:1:1: is missing; create it")
  }

  @Test("a broken universe does not drown its own error in unknown symbols")
  func brokenUniverse() {
    let found = issues(changed("universe.yaml", "defaults:", "defaults: ["))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("c/universe.yaml:") == true)
  }

  @Test("sector files that cannot be listed do not drown their own error in unknown sectors")
  func noSectors() throws {
    let folder = "/tmp/alphaloop-sectors-\(getpid())"
    try #require(mkdir(folder, 0o700) == 0)
    let names = ConfigurationFixture.sources.files.keys.filter { !$0.hasPrefix("sectors/") }
    defer {
      for name in names { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    for name in names { try writeAtomically(ConfigurationFixture.sources.files[name] ?? [], to: "\(folder)/\(name)") }
    #expect(
      issues(ConfigurationSources(directory: folder)) == [
        "\(folder)/sectors:1:1: cannot be listed; create the folder, with one YAML file a sector"
      ])
  }

  @Test("an unreadable directory names each file that is needed")
  func noDirectory() {
    let sources = ConfigurationSources(directory: "/nonexistent/configuration")
    let found = issues(sources)
    #expect(found.count == 5)
    #expect(
      found.first
        == "/nonexistent/configuration/alphaloop.yaml:1:1: cannot be read: No such file or directory; create it, or name another directory"
    )
  }

  @Test("files that cannot be used are named: a folder in place of a file, a sector that would be ignored")
  func unusableFiles() throws {
    var template = Array("/tmp/alphaloop-configuration-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
    try #require(made)
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folders = ["sectors", "risk.yaml"]
    for folder in folders { try #require(mkdir("\(root)/\(folder)", 0o700) == 0) }
    let links = ConfigurationFixture.sources.files.keys.sorted().filter { $0 != "risk.yaml" } + ["sectors/metals.yml"]
    for name in links {
      let file = try #require(fopen("\(root)/\(name)", "w"))
      fputs(String(decoding: ConfigurationFixture.sources.files[name] ?? [], as: UTF8.self), file)
      fclose(file)
    }
    let found = issues(ConfigurationSources(directory: root))
    for name in links { unlink("\(root)/\(name)") }
    for folder in folders { rmdir("\(root)/\(folder)") }
    rmdir(root)
    #expect(
      found == [
        "\(root)/risk.yaml:1:1: cannot be read: Is a directory; put a readable file there",
        "\(root)/sectors/metals.yml:1:1: sector files end in .yaml; rename it, or it would be ignored",
      ])
  }

  @Test("limits left out have the mission's values")
  func missionDefaults() throws {
    var sources = ConfigurationFixture.sources
    sources.files["risk.yaml"] = Array("limits: {max_positions: 20}\n".utf8)
    let risk = try Configuration.load(from: sources).risk
    #expect(risk == RiskConfiguration())
    #expect(risk.dailyLoss?.description == "0.02")
    #expect(risk.drawdown?.description == "0.1")
    #expect(risk.maxPosition == .ofEquity(FixedDecimal(units: 5_000_000)))
    #expect(risk.kellyFraction.description == "0.25")
  }

  @Test("a limit is a share of equity, an amount, or none; a limit of nothing still limits")
  func kindsOfLimits() throws {
    var sources = ConfigurationFixture.sources
    sources.files["risk.yaml"] = Array(
      """
      limits:
        daily_loss: none
        drawdown: 0 %
        max_positions: none
        max_position: {amount: 50000}
        max_order: 10 %
        max_order_quantity: 1000
        sector_exposure: none
        gross_exposure: {amount: 550000.25}
        net_exposure: none
        price_collar: none
        stale_quote: none
        order_rate: none
        buying_power: none
      pending_exposure: committed

      """.utf8)
    let risk = try Configuration.load(from: sources).risk
    let limits = Limits(risk, instruments: [])
    #expect(limits.dailyLossPPM == 0)
    #expect(limits.drawdownPPM == 1)
    #expect(limits.maxPositions == .max)
    #expect(limits.maxPosition == .money(Money(raw: 5_000_000_000_000)))
    #expect(limits.maxOrder == .ofEquity(ppm: 100_000))
    #expect(limits.maxOrderQuantity == Quantity(raw: 100_000_000_000))
    #expect(limits.maxSector == .none)
    #expect(limits.maxGross == .money(Money(raw: 55_000_025_000_000)))
    #expect(limits.maxNet == .none)
    #expect(limits.priceCollarPPM == 0)
    #expect(limits.staleAfter == 0)
    #expect(limits.orderRate == nil)
    #expect(limits.messageRate == RateLimit(count: 40, window: 1_000_000_000))
    #expect(limits.buyingPowerPPM == 0)
    #expect(limits.pendingExposure == .committed)
  }

  @Test("the hash ignores comments, key order and spelling of values")
  func hashIgnoresForm() throws {
    let base = try Configuration.load(from: ConfigurationFixture.sources)
    var sources = changed("risk.yaml", "daily_loss: 2 %", "daily_loss: 0.02   # the same")
    sources.files["sectors/energy.yaml"] = Array(
      "agents: [{parameters: {}, agent: mom.tsmom}, {agent: mom.donchian}]\nsymbols:\n- CVX\n- \"XOM\"\nenabled: true\nname: 'Energy'\n"
        .utf8)
    let other = try Configuration.load(from: sources)
    #expect(other.canonicalText == base.canonicalText)
    #expect(other.hash == base.hash)
    #expect(base.canonicalText == (try JSONValue.parse(base.canonicalText)).canonicalText)
  }

  @Test(
    "the hash changes with every value; the decision hash does not change with placement",
    arguments: [
      ("risk.yaml", "drawdown: 10 %", "drawdown: 11 %", true),
      ("sectors/energy.yaml", "enabled: true", "enabled: false", true),
      ("sectors/energy.yaml", "parameters: {}", "parameters: {window: 5}", true),
      ("alphaloop.yaml", "seed: 7", "seed: 1", true),
      ("risk.yaml", "restricted: []", "circuit_breaker: {symbol: ^GSPC}", true),
      ("risk.yaml", "  drawdown: flatten", "  operator: flatten", true),
      ("alphaloop.yaml", "broker.simulated}", "broker.simulated, answer_timeout: 9s}", true),
      ("universe.yaml", "tick: 0.01", "tick: 0.001", true), ("sessions.yaml", "\"09:28\"", "\"09:27\"", true),
      ("alphaloop.yaml", "libfiles.so", "libfiles.so, isolation: process", false),
      ("alphaloop.yaml", "libfiles.so", "/opt/libfiles.so", false),
      ("alphaloop.yaml", "../journal", "/srv/journal", false),
      ("risk.yaml", "halts:", "watchdog: {policy: flatten}\nhalts:", false),
    ])
  func hashSeesValues(file: String, old: String, new: String, isDecision: Bool) throws {
    let base = try Configuration.load(from: ConfigurationFixture.sources)
    let other = try Configuration.load(from: changed(file, old, new))
    #expect(other.hash != base.hash)
    #expect((other.decisionHash != base.decisionHash) == isDecision)
  }

  // Test vectors of the reference implementation of FNV, 64 bits, variant 1a.
  @Test(
    "the hash is FNV-1a",
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func fnv(text: String, expected: UInt64) {
    #expect(FNV1a.hash(text.utf8) == expected)
  }

  @Test("parameters are checked through the hook, at the place of each instance")
  func parameters() throws {
    let schema = try JSONSchema(
      JSONValue.parse(#"{"properties":{"window":{"type":"integer","default":252}},"additionalProperties":false}"#))
    let configuration = try Configuration.load(
      from: changed("sectors/energy.yaml", "parameters: {}", "parameters: {windw: 5}"))
    do {
      _ = try configuration.resolvingParameters { instance in
        instance.plugin == "mom.tsmom" ? schema.resolve(instance.parameters, of: "'\(instance.id)'") : nil
      }
      Issue.record("the unknown key was accepted")
    } catch {
      #expect(
        error.issues.map(\.description) == [
          "c/sectors/energy.yaml:6:18: parameters of 'energy/mom.tsmom' at '/windw': unknown key 'windw'; did you mean 'window'?"
        ])
    }
    let resolved = try Configuration.load(from: ConfigurationFixture.sources).resolvingParameters { instance in
      instance.plugin == "mom.tsmom" ? schema.resolve(instance.parameters, of: instance.id) : nil
    }
    #expect(resolved.instances(of: .agent).first { $0.id == "energy/mom.tsmom" }?.parameters.value["window"] == 252)
    // A disabled instance is not checked: its plugin may not even be there.
    #expect(resolved.instances(of: .agent).first { $0.id == "utilities/mom.tsmom" }?.parameters.value["window"] == nil)
  }

  @Test("parameters that are paths start at the manifest's folder, in sector files too; nothing else is touched")
  func paths() throws {
    let schema = #"""
      {"properties": {
        "path": {"$ref": "#/$defs/place"}, "logs": {"items": {"type": "string", "format": "path"}},
        "nested": {"additionalProperties": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/place"}]}},
        "name": {"type": "string"}},
       "$defs": {"place": {"type": "string", "format": "path"}}}
      """#
    func located(in directory: String) throws -> JSONValue? {
      let texts = "{path: ../var/x, logs: [a, /b], nested: {u: v, n: 3, none: ''}, name: a/b}"
      var sources = changed("sectors/energy.yaml", "parameters: {}", "parameters: \(texts)")
      sources = ConfigurationSources(directory: directory, files: sources.files)
      let configuration = try Configuration.load(from: sources)
      let agent = try #require(configuration.instances(of: .agent).first { $0.id == "energy/mom.tsmom" })
      let located = configuration.locatingPaths(of: agent, schema: schema)
      #expect(configuration.locatingPaths(of: agent, schema: nil).parameters.value == agent.parameters.value)
      return located.parameters.value
    }
    #expect(
      try located(in: "/etc") == [
        "path": "/etc/../var/x", "logs": ["/etc/a", "/b"], "nested": ["u": "/etc/v", "n": 3, "none": ""], "name": "a/b",
      ])
    // A relative folder is where the host runs.
    let here = canonicalPath(".")
    #expect(try located(in: ".")?["path"]?.string == "\(here)/../var/x")
  }

  @Test("derivatives carry their contract, and only they")
  func derivatives() throws {
    let option =
      "  - {symbol: KO-C60, kind: option, multiplier: 100, underlying: KO, expiry: 2024-06-21, strike: 60, right: call}\n"
    var sources = ConfigurationFixture.sources
    sources.files["universe.yaml"]?.append(contentsOf: Array(option.utf8))
    let contract = try #require(try Configuration.load(from: sources).instruments.last?.contract)
    #expect(contract.right == .call)
    #expect(contract.expiry.description == "2024-06-21")
    let broken = changed("universe.yaml", "symbol: KO,", "symbol: KO, strike: 60,")
    #expect(issues(broken).first?.contains("'strike' belongs to a future or an option, not to kind equity") == true)
  }
}
