import AlphaLoopRuntime
import Foundation

/// Opens what a power failure left, as a start of the host does, and compares it with what was acknowledged.
struct ImageCheck {
  enum Finding: String {
    /// An acknowledged row, or an acknowledged move of the kill switch, is not there.
    case lost
    /// It cannot be read, or a checksum does not match.
    case damaged
    /// A row is there that was never written so.
    case foreign
  }

  let folder: String
  let rows: [UInt64: [SessionJournal.Row]]
  let latches: [SessionJournal.Latch]

  /// What the files hold when everything was written, and nothing failed.
  static func whole(_ path: String) throws -> [UInt64: [SessionJournal.Row]] {
    let journal = try SessionJournal(path: path, mode: "paper", account: "DU1")
    var all: [UInt64: [SessionJournal.Row]] = [:]
    for summary in try journal.sessions() {
      try journal.rows(of: summary.session) { all[summary.session, default: []].append($0) }
    }
    return all
  }

  func finding(_ files: [String: [UInt8]], _ acknowledged: JournalWriter.Acknowledged?) throws -> Finding? {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    let found: [UInt64: [SessionJournal.Row]]
    let latch: SessionJournal.Latch?
    do {
      found = try Self.whole("\(folder)/journal.db")
      latch = try SessionJournal(path: "\(folder)/journal.db", mode: "paper", account: "DU1").latch()
    } catch {
      return .damaged
    }
    for (session, list) in found where !(rows[session] ?? []).starts(with: list) { return .foreign }
    guard let acknowledged else { return nil }
    for (session, count) in acknowledged.rows where (found[session] ?? []).count < count { return .lost }
    let moves = latches.firstIndex { $0.reason == latch?.reason }.map { $0 + 1 } ?? 0
    return moves < acknowledged.latch ? .lost : nil
  }
}
