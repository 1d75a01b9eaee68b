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
}
