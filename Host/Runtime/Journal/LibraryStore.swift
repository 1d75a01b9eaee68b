import AlphaLoopLoader
import Glibc

/// The builds of plugin libraries that recorded sessions ran, beside their journals: one file a build, named by its SHA-256.
/// A build that a hundred sessions ran is kept once.
public struct LibraryStore: Sendable {
  public let folder: String

  /// - Parameter journals: the folder of the journals.
  public init(journals: String) { folder = "\(journals)/libraries" }

  private func file(_ sha256: String) -> String { "\(folder)/\(sha256).so" }

  private func has(_ file: String, _ sha256: String) -> Bool { readFile(file).map(ELFDigest.sha256) == sha256 }

  /// Keeps what is not kept yet, or not whole any more. A copy, not a link: a linker may write into the file that it made
  /// before.
  ///
  /// - Returns: what could not be kept, in words; the session itself needs none of it.
  func keep(_ entries: [PluginCatalog.Entry]) -> [String] {
    var problems: [String] = []
    for entry in entries where !has(file(entry.sha256), entry.sha256) {
      do {
        guard let bytes = readFile(entry.file) else { throw HostError(.data, "\(entry.file): \(errorText())") }
        guard ELFDigest.sha256(bytes) == entry.sha256 else {
          throw HostError(.data, "\(entry.file) was replaced while it was being loaded")
        }
        try writeAtomically(bytes, to: file(entry.sha256))
      } catch {
        problems.append(
          "the build of '\(entry.library.id)' could not be kept: \(error); this session can be replayed as long as that "
            + "build stays at \(entry.path)")
      }
    }
    return problems
  }

  /// Where the builds are that a session ran: at the configured place, else here.
  ///
  /// - Parameter libraries: library id -> SHA-256.
  /// - Throws: names every build that is at neither place.
  func find(_ libraries: [String: String], _ configuration: Configuration) throws(HostError) -> [String: String] {
    var found: [String: String] = [:]
    var missing: [String] = []
    for id in libraries.keys.sorted() {
      guard let sha256 = libraries[id],
        let library = configuration.manifest.libraries.first(where: { $0.id == id })
      else { continue }
      let places = [configuration.path(of: library), file(sha256)]
      if let place = places.first(where: { has($0, sha256) }) {
        found[id] = place
      } else {
        let damage = access(places[1], F_OK) == 0 ? ", which is damaged" : ""
        missing.append("  \(id): SHA-256 \(sha256), neither at \(places[0]) nor as \(places[1])\(damage)")
      }
    }
    guard missing.isEmpty else {
      throw HostError(
        .data,
        "the session ran builds of libraries that are not there any more:\n\(missing.joined(separator: "\n"))\n"
          + "put each build back at one of its places, from a backup or built again from the same sources")
    }
    return found
  }
}
