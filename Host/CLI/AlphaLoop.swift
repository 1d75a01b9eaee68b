import AlphaLoopRuntime
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
      Reload.self, Halt.self, Resume.self, Flatten.self, Status.self, Why.self, Doctor.self,
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
      if !text.isEmpty { code.isSuccess ? Console.out(text) : Console.note(text) }
      Glibc.exit(code.isSuccess ? 0 : 2)
    }
  }
}
