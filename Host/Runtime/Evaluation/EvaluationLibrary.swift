import AlphaLoopCore
import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// The library that offers an agent, and where its code runs: in this process when it is the installation's own, in a worker
/// when it is a third party's.
struct EvaluationLibrary {
  let path: String
  let descriptor: PluginDescriptor
  /// Nil: a worker maps it.
  private let library: LoadedLibrary?

  /// Rows in the buffer beyond those that a descriptor allows, to tell one that answers a few too many.
  static let spareRows = 64
  /// - Parameters:
  ///   - file: where to look; nil: the libraries beside the executable, or in the folder that ALPHALOOP_PLUGINS names.
  ///   - isolation: nil: by where the library lies.
  /// - Throws: usage when nothing offers `id` as an agent; configuration when the given file is no plugin; a failed check
  ///   when its worker ends.
  static func find(_ id: String, in file: String?, isolation: PluginLibrary.Isolation?) throws(HostError) -> Self {
    var agents: [String] = []
    var others: [String] = []
    var refusals: [String] = []
    for path in file.map({ [$0] }) ?? AdHocConfiguration.libraries() {
      do throws(LoadError) {
        let (library, offered) = try look(path, isolation ?? AdHocConfiguration.isolation(of: path))
        if let found = offered.first(where: { $0.id == id && $0.kinds & AL_KIND_AGENT != 0 }) {
          return Self(path: path, descriptor: found, library: library)
        }
        agents += offered.filter { $0.kinds & AL_KIND_AGENT != 0 }.map(\.id)
        others += offered.filter { $0.kinds & AL_KIND_AGENT == 0 }.map(\.id)
      } catch {
        if file != nil { throw HostError(error.isFault ? .failedCheck : .configuration, "\(error)") }
        refusals.append("\(error)")
      }
    }
    throw HostError(.usage, unknown(id, agents: agents.sorted(), others: others, refusals: refusals, file: file))
  }

  private static func look(_ path: String, _ isolation: PluginLibrary.Isolation) throws(LoadError)
    -> (library: LoadedLibrary?, offered: [PluginDescriptor])
  {
    let file = try FileInspection(path: path, pin: nil, known: [])
    if isolation == .process {
      let deadline = PluginLibrary.Deadlines().load.nanoseconds
      return (nil, try WorkerDescriber.standard.descriptors(of: path, deadline: deadline))
    }
    let library = try LoadedLibrary.load(path, contents: file.contents)
    return (library, library.descriptors)
  }

  /// Memory that the agent sees wherever it runs.
  func inputMemory() throws(HostError) -> any InputMemory {
    guard library == nil else { return HeapInputMemory() }
    do {
      return try ArenaInputMemory()
    } catch {
      throw HostError(.configuration, "\(path) runs in a worker process, which needs shared memory: \(error)")
    }
  }

  /// - Parameters:
  ///   - memory: that of ``inputMemory()``.
  ///   - deadline: of one evaluation in a worker, ns.
  func agent(
    parameters: JSONValue, inputs: UInt64, services: HostServices, memory: any InputMemory, deadline: Int64
  ) throws(LoadError) -> any AgentHandle {
    let (id, table, json) = (descriptor.id, ParameterTable.flatten(parameters), parameters.canonicalText)
    if let library {
      return try InProcessAgent(
        try LoadedInstance(
          library, id: id, name: id, parameters: table, json: json, inputs: inputs, services: services))
    }
    var options = WorkerOptions()
    options.spareRows = Self.spareRows
    var deadlines = PluginLibrary.Deadlines()
    deadlines.call = TimeSpan(nanoseconds: deadline)
    return try WorkerAgent(
      path: path, id: id, name: id, parameters: table, json: json, inputs: inputs, services: services,
      deadlines: deadlines, memory: memory, options: options)
  }

  private static func unknown(
    _ id: String, agents: [String], others: [String], refusals: [String], file: String?
  ) -> String {
    let place = file ?? "the plugin folder"
    if others.contains(id) { return "'\(id)' in \(place) is no agent; 'alphaloop plugin list' says what it is" }
    var text = "no agent is called '\(id)' in \(place)"
    let near = near(id, agents)
    if !near.isEmpty {
      text += "; did you mean \(near.joined(separator: ", "))?"
    } else if agents.isEmpty {
      text += ", which has none; set ALPHALOOP_PLUGINS to the folder of the libraries, or give --library FILE"
    } else {
      text += "; there are \(agents.joined(separator: ", "))"
    }
    for refusal in refusals { text += "\nrefused: \(refusal)" }
    return text
  }

  /// Up to five ids that share half of their letters, the nearest first.
  private static func near(_ id: String, _ known: [String]) -> [String] {
    known.map { (id: $0, distance: NearestWord.distance(id, $0)) }
      .filter { $0.distance * 2 <= max(id.count, $0.id.count) }
      .sorted { ($0.distance, $0.id) < ($1.distance, $1.id) }
      .prefix(5).map(\.id)
  }
}
