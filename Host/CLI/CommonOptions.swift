import AlphaLoopRuntime
import ArgumentParser
import Glibc

/// Options that every verb with a configuration takes.
struct ConfigurationOptions: ParsableArguments {
  @Option(name: .long, help: "Folder of alphaloop.yaml (default: ALPHALOOP_CONFIG, else ./config).")
  var config: String?

  var directory: String { config ?? getenv("ALPHALOOP_CONFIG").map { String(cString: $0) } ?? "config" }

  func load() throws -> Configuration {
    var status = stat()
    let isThere = stat(directory, &status) == 0
    guard isThere, status.st_mode & S_IFMT == S_IFDIR else {
      let problem = isThere ? "is a file" : errorText()
      throw HostError(
        .configuration,
        "\(directory): \(problem); name the folder of alphaloop.yaml with --config or ALPHALOOP_CONFIG")
    }
    do {
      return try Configuration.load(directory: directory)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
  }

  /// Where the journals of the configuration lie. The kill switch must work while the rest of the YAML is broken, so this
  /// takes one key and nothing else.
  func journalFolder() throws -> String {
    let path = "\(directory)/\(ConfigurationSources.manifestName)"
    guard let bytes = readFile(path) else { throw HostError(.configuration, "\(path): \(errorText())") }
    let folder: String
    do {
      folder = try Manifest.journal(in: bytes, file: path)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
    return folder.hasPrefix("/") ? folder : "\(directory)/\(folder)"
  }
}

/// Which session's journal a verb is about.
struct SessionTarget: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions
  @Flag(name: .long, help: "The paper account's session.") var paper = false
  @Flag(name: .long, help: "The live account's session.") var live = false
  @Option(
    name: .customLong("account"), help: "Account (default: SIM; for paper `connected: account:` of alphaloop.yaml).")
  var named: String?

  var mode: String { live ? "live" : paper ? "paper" : "simulation" }

  /// Where the files are broken the account has to be named: the kill switch works all the same.
  var account: String {
    get throws {
      if paper && live { throw HostError(.usage, "--paper and --live exclude each other") }
      if let named { return named }
      if !paper, !live { return "SIM" }
      if paper, let account = try? configuration.load().manifest.connected?.account { return account }
      throw HostError(.usage, "name the account: --account ID")
    }
  }

  func journalPath() throws -> String {
    let account = try account
    try Account.check(account)
    return "\(try configuration.journalFolder())/\(mode)-\(account).db"
  }
}

/// Loading libraries says what was refused, once, on standard error.
func loadCatalog(_ configuration: Configuration) -> PluginCatalog {
  let catalog = PluginCatalog(configuration)
  for entry in catalog.entries { if let refusal = entry.refusal { Console.warn("\(entry.path): \(refusal)") } }
  return catalog
}

/// The names that an account may have: they stand in file names.
enum Account {
  static func check(_ name: String) throws {
    let isValid =
      !name.isEmpty && name.utf8.count <= 24
      && name.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
      }
    if !isValid { throw HostError(.usage, "'\(name)' is no account name: up to 24 letters, digits, _ and -") }
  }
}
