import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// Finds the library that offers an agent.
enum EvaluationLibrary {
  /// - Parameters:
  ///   - file: where to look; nil: the libraries beside the executable, or in the folder that ALPHALOOP_PLUGINS names.
  /// - Throws: usage when nothing offers `id` as an agent; configuration when the given file is no plugin.
  static func find(_ id: String, in file: String?) throws(HostError) -> LoadedLibrary {
    var agents: [String] = []
    var others: [String] = []
    var refusals: [String] = []
    for path in file.map({ [$0] }) ?? AdHocConfiguration.libraries() {
      do {
        _ = try FileInspection(path: path, pin: nil, known: [])
        let library = try LoadedLibrary.load(path)
        if let found = library.descriptor(id), found.kinds & AL_KIND_AGENT != 0 { return library }
        agents += library.descriptors.filter { $0.kinds & AL_KIND_AGENT != 0 }.map(\.id)
        others += library.descriptors.filter { $0.kinds & AL_KIND_AGENT == 0 }.map(\.id)
      } catch {
        if file != nil { throw HostError(.configuration, "\(error)") }
        refusals.append("\(error)")
      }
    }
    throw HostError(.usage, unknown(id, agents: agents.sorted(), others: others, refusals: refusals, file: file))
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
