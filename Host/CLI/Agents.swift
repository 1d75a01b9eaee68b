import AlphaLoopRuntime
import ArgumentParser

struct Agents: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The agents of the configuration; try one alone with eval.",
    subcommands: [AgentsList.self, AgentEval.self],
    defaultSubcommand: AgentsList.self)
}

struct AgentsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Every agent with tier, universe and state.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let configuration = try configurationOptions.load()
    let catalog = loadCatalog(configuration)
    var rows = [["AGENT", "PLUGIN", "TIER", "FAMILY", "SYMBOLS", "STATE"]]
    var list: [JSONValue] = []
    for instance in configuration.instances(of: .agent) {
      let d = catalog.descriptor(instance.plugin)
      let state = instance.disabledReason ?? (d == nil ? "no loaded library offers it" : "enabled")
      rows.append([
        instance.id, instance.plugin, d.map { Names.tier($0.tier) } ?? "?", d?.family ?? "?",
        "\(instance.symbols.count)", state,
      ])
      list.append([
        "agent": .string(instance.id), "plugin": .string(instance.plugin),
        "tier": .string(d.map { Names.tier($0.tier) } ?? ""),
        "family": .string(d?.family ?? ""), "summary": .string(d?.summary ?? ""),
        "symbols": .array(instance.symbols.map { .string($0) }), "enabled": .bool(instance.isEnabled && d != nil),
        "state": .string(state), "parameters": instance.parameters.value,
      ])
    }
    json ? Console.out(JSONValue.array(list).text) : Console.out(table(rows))
  }
}
