import AlphaLoopRuntime
import AlphaLoopYAML
import ArgumentParser
import Glibc

@main
struct AlphaLoop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alphaloop",
    abstract: "A trading host whose agents, data sources and brokers are plugins.",
    discussion: """
      Simulation is the default; no verb reaches a real account without saying so.
      Exit codes: 0 ok, 1 failed check, 2 usage, 3 configuration, 4 data, 5 broker, 6 halted.
      """,
    version: "0.1.0",
    subcommands: [
      Demo.self, Backtest.self, Trade.self, ReplayVerb.self, Export.self, Report.self, Agents.self,
      AgentVerb.self, PluginVerb.self,
      Reload.self, Halt.self, Resume.self, Flatten.self, Status.self, Why.self, Doctor.self, GatewayVerb.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as HostError {
      Console.error(error.message)
      Glibc.exit(error.code.rawValue)
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      // Usage errors leave with 2 as every verb does; help and version with 0.
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if !code.isSuccess, let unknown = unknownVerb(CommandLine.arguments.dropFirst()) {
        Console.error(unknown)
      } else if !text.isEmpty {
        code.isSuccess ? Console.out(text) : Console.note(text)
      }
      Glibc.exit(code.isSuccess ? 0 : 2)
    }
  }

  /// The first word that is none of the verbs where one must stand, with the nearest; nil when the words are all right.
  private static func unknownVerb(_ words: ArraySlice<String>) -> String? {
    var verbs: [any ParsableCommand.Type] = configuration.subcommands
    var place = "alphaloop"
    for word in words where !verbs.isEmpty {
      if word.hasPrefix("-") { return nil }
      var names: [String] = []
      for verb in verbs { names.append(verb.configuration.commandName ?? String(describing: verb).lowercased()) }
      guard let index = names.firstIndex(of: word) else {
        let shown = zip(verbs, names).filter { $0.0.configuration.shouldDisplay }.map(\.1)
        return "'\(word)' is no verb of `\(place)`; \(NearestWord.advice(for: word, in: shown, noun: "there are"))"
      }
      verbs = verbs[index].configuration.subcommands
      place += " \(word)"
    }
    return nil
  }
}
