import AlphaLoopLoader
import AlphaLoopRuntime
import AlphaLoopYAML
import ArgumentParser

struct PluginVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Look at plugin libraries, check them, start new ones.",
    subcommands: [
      PluginList.self, PluginInfo.self, PluginNew.self, PluginValidate.self, PluginValidateOne.self,
    ])
}

struct PluginList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Every library of the manifest with its state, and what it offers.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let configuration = try configurationOptions.load()
    let catalog = PluginCatalog(configuration)
    if json {
      Console.out(JSONValue.array(catalog.entries.map(Self.json)).text)
      return
    }
    var rows = [["LIBRARY", "STATE", "ISOLATION", "OFFERS"]]
    for e in catalog.entries {
      rows.append([
        e.library.id, e.refusal == nil ? "loaded" : e.library.isRequired ? "REFUSED (required)" : "refused",
        e.placement, e.refusal ?? e.descriptors.map(\.id).joined(separator: " "),
      ])
    }
    Console.out(table(rows))
    for instance in configuration.manifest.instances where !instance.isEnabled {
      Console.out("\(instance.id): takes no part: \(instance.disabledReason ?? "")")
    }
  }

  private static func json(_ e: PluginCatalog.Entry) -> JSONValue {
    [
      "library": .string(e.library.id), "path": .string(e.path), "sha256": .string(e.sha256),
      "toolchain": .string(e.toolchain), "required": .bool(e.library.isRequired),
      "isolation": .string(e.placement),
      "state": .string(e.refusal == nil ? (e.isIsolated ? "isolated" : "loaded") : "refused"),
      "reason": e.refusal.map { .string($0) } ?? .null,
      "plugins": .array(
        e.descriptors.map { d in
          [
            "id": .string(d.id), "version": .string(d.version),
            "kinds": .array(Words.kinds(d.kinds).map { .string($0) }),
          ]
        }),
    ]
  }
}

struct PluginInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "What one plugin says of itself: idea, inputs, outputs, parameters.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Argument(help: "Plugin id, such as mom.tsmom.") var id: String
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let catalog = loadCatalog(try configurationOptions.load())
    guard let entry = catalog.entry(offering: id), let d = catalog.descriptor(id) else {
      let known = catalog.entries.flatMap { $0.descriptors.map(\.id) }
      let advice = NearestWord.advice(for: id, in: known, noun: "the loaded plugins are")
      throw HostError(.usage, "no loaded library offers '\(id)'; \(advice)")
    }
    let schema = (try? JSONValue.parse(d.parameterSchema)) ?? .null
    let object: JSONValue = [
      "id": .string(d.id), "name": .string(d.name), "version": .string(d.version), "vendor": .string(d.vendor),
      "license": .string(d.license), "family": .string(d.family), "tier": .string(Names.tier(d.tier)),
      "summary": .string(d.summary), "kinds": .array(Words.kinds(d.kinds).map { .string($0) }),
      "inputs": .array(Words.inputs(d.inputs).map { .string($0) }),
      "outputs": .array(Words.outputs(d.outputs).map { .string($0) }), "warm_up": .integer(Int64(d.warmUp)),
      "reasons": .array(d.reasons.map { .string($0) }), "estimates": .array(d.estimates.map { .string($0) }),
      "library": .string(entry.path), "parameters": schema,
    ]
    if json { return Console.out(object.text) }
    guard let members = object.object?.members else { return }
    for (key, value) in members where key != "parameters" {
      Console.out("\(key): \(value.string ?? value.text)")
    }
    Console.out("parameters:")
    if let properties = schema["properties"]?.object {
      for (name, p) in properties.members {
        Console.out(
          "  \(name) (\(p["type"]?.string ?? "any"), default \(p["default"]?.text ?? "none")): \(p["description"]?.string ?? "")"
        )
      }
    }
  }
}

/// Words for masks.
enum Words {
  static func kinds(_ mask: UInt32) -> [String] {
    ["agent", "data source", "broker", "store", "policy", "learner", "job", "service"].enumerated()
      .filter { mask & (1 << UInt32($0.offset)) != 0 }.map(\.element)
  }
  static func inputs(_ mask: UInt64) -> [String] {
    ["bars", "quotes", "trades", "fundamentals", "macro", "options", "news", "events", "portfolio", "orders", "views"]
      .enumerated().filter { mask & (1 << UInt64($0.offset)) != 0 }.map(\.element)
  }
  static func outputs(_ mask: UInt64) -> [String] {
    (1...10).filter { mask & (1 << UInt64($0)) != 0 }.map { Names.row(UInt16($0)) }
  }
}

struct PluginNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Copy a working plugin template into a new folder; ./build.sh there builds it.")
  @Option(name: .long, help: "swift, c, cpp or rust.") var lang: String
  @Argument(help: "Name of the plugin and of its folder, such as my-momentum.") var name: String
  @Option(name: .long, help: "Folder to make it in.") var directory = "."

  func run() throws {
    let path = try PluginTemplate(language: lang).copy(name: name, into: directory)
    Console.out("\(path) is ready: cd \(path) && ./build.sh, then read README.md")
  }
}
