import AlphaLoopCore
import CAlphaLoop
import Glibc

/// Finds recorded sessions in the journals of a configuration.
public struct SessionReader {
  public let path: String
  public let header: SessionHeader
  let journal: SessionJournal

  /// - Parameters:
  ///   - session: its id in hexadecimal, or `last`: the newest there is.
  ///   - folder: of the journals.
  public init(session: String, folder: String) throws(HostError) {
    var newest: (SessionReader, Int64)?
    var refusal: HostError?
    for path in try Self.journals(folder) {
      let name = String(path.split(separator: "/").last ?? "").replacing(".db", with: "")
      let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      let journal = try SessionJournal(path: path, mode: parts[0], account: parts[1], isReadOnly: true)
      for summary in try journal.sessions() {
        let id = String(summary.session, radix: 16)
        guard session == "last" || id == session.lowercased() else { continue }
        if session != "last" {
          self = try SessionReader(path: path, journal: journal, session: summary.session)
          return
        }
        // A session of another version of the program cannot be read, and is not the newest one of this.
        do {
          let reader = try SessionReader(path: path, journal: journal, session: summary.session)
          let age = Self.modified(path)
          if newest.map({ $0.1 <= age }) ?? true { newest = (reader, age) }
        } catch {
          refusal = error
        }
      }
    }
    guard let newest else {
      if let refusal { throw refusal }
      throw HostError(.data, "no session '\(session)' in \(folder); `alphaloop status` lists what is there")
    }
    self = newest.0
  }

  private init(path: String, journal: SessionJournal, session: UInt64) throws(HostError) {
    var header: [UInt8]?
    try journal.rows(of: session) { if $0.kind == .header { header = $0.payload } }
    let id = String(session, radix: 16)
    guard let header else { throw HostError(.data, "journal \(path): session \(id) has no header") }
    if let refusal = SessionHeader.refusal(header) {
      throw HostError(.data, "session \(id) \(refusal): use the version that recorded it, or run the session again")
    }
    guard let found = SessionHeader(encoded: header) else {
      throw HostError(.data, "journal \(path): the header of session \(id) cannot be read")
    }
    self.path = path
    self.journal = journal
    self.header = found
  }

  /// None where nothing was recorded yet; a folder that cannot be looked into is another matter.
  static func journals(_ folder: String) throws(HostError) -> [String] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw HostError(
        .configuration,
        "\(folder): cannot be listed: \(errorText()); it is `journal:` of alphaloop.yaml, correct one of them")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".db"), !name.hasSuffix(WatchdogJournal.suffix) { names.append("\(folder)/\(name)") }
    }
    return names.sorted()
  }

  private static func modified(_ path: String) -> Int64 {
    var newest: Int64 = 0
    for name in [path, path + "-wal"] {
      var info = stat()
      if stat(name, &info) == 0 {
        newest = max(newest, Int64(info.st_mtim.tv_sec) * 1_000_000_000 + Int64(info.st_mtim.tv_nsec))
      }
    }
    return newest
  }

  /// All sessions of a folder's journals: id, mode, account, date, ended.
  public static func list(_ folder: String) throws(HostError) -> [(header: SessionHeader, isEnded: Bool)] {
    var all: [(SessionHeader, Bool)] = []
    for path in try journals(folder) {
      let name = String(path.split(separator: "/").last ?? "").replacing(".db", with: "")
      let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      let journal = try SessionJournal(path: path, mode: parts[0], account: parts[1], isReadOnly: true)
      for summary in try journal.sessions() {
        guard let reader = try? SessionReader(path: path, journal: journal, session: summary.session) else { continue }
        all.append((reader.header, summary.isEnded))
      }
    }
    return all
  }

  public func rows(_ visit: (SessionJournal.Row) throws -> Void) throws(HostError) {
    try journal.rows(of: header.session, visit)
  }

  /// The run document that the session ended with.
  public func document() throws(HostError) -> [UInt8] {
    var document: [UInt8]?
    try rows { if $0.kind == .document { document = $0.payload } }
    guard let document else {
      throw HostError(.data, "session \(String(header.session, radix: 16)) did not end: it has no run document")
    }
    return document
  }
}

/// Records as they lie in a row.
public func journalRecords(_ payload: [UInt8]) -> [JournalRecord] {
  let n = payload.count / MemoryLayout<JournalRecord>.stride
  return payload.withUnsafeBytes { bytes in
    (0..<n).map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<JournalRecord>.stride, as: JournalRecord.self) }
  }
}
