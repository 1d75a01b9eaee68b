import AlphaLoopRuntime
import ArgumentParser
import Glibc

/// Options that every verb with a configuration takes.
struct ConfigurationOptions: ParsableArguments {
  @Option(name: .long, help: "Folder of alphaloop.yaml (default: ALPHALOOP_CONFIG, else ./config).")
  var config: String?

  var directory: String { config ?? getenv("ALPHALOOP_CONFIG").map { String(cString: $0) } ?? "config" }

  func load() throws -> Configuration {
    do {
      return try Configuration.load(directory: directory)
    } catch {
      throw HostError(.configuration, "\(error)")
    }
  }

  /// Where the journals of the configuration lie.
  func journalFolder() throws -> String {
    let configuration = try load()
    return configuration.resolve(path: configuration.manifest.journal)
  }
}

/// Which session's journal a verb is about.
struct SessionTarget: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions
  @Flag(name: .long, help: "The paper account's session.") var paper = false
  @Flag(name: .long, help: "The live account's session.") var live = false
  @Option(name: .long, help: "Account (default SIM).") var account = "SIM"

  var mode: String { live ? "live" : paper ? "paper" : "simulation" }

  func journalPath() throws -> String { "\(try configuration.journalFolder())/\(mode)-\(account).db" }
}

/// Loading libraries says what was refused, once, on standard error.
func loadCatalog(_ configuration: Configuration) -> PluginCatalog {
  let catalog = PluginCatalog(configuration)
  for entry in catalog.entries { if let refusal = entry.refusal { Console.warn("\(entry.path): \(refusal)") } }
  return catalog
}
