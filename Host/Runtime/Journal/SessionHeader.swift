import AlphaLoopCore

/// What a session says about itself: everything a replay has to put back.
public struct SessionHeader: Sendable, Equatable {
  public var session: UInt64
  public var mode: String
  public var account: String
  /// 00:00 UTC of the session's date; 0 for a backtest.
  public var date: Int64
  public var seed: Int64
  public var initialCash: Int64
  /// The configuration's files by name, as they were.
  public var files: [String: [UInt8]]
  /// Of the configuration; the same from wherever a replay is started.
  public var directory: String
  public var decisionHash: UInt64
  /// Digest of the feed the session was run on.
  public var dataDigest: String
  /// Library id -> SHA-256 of the libraries that decide.
  public var libraries: [String: String]
  /// The agents that took part, by engine index.
  public var agents: [String]
  public var isSynthetic: Bool
  public var notices: [String]
  /// Every agent output is among the records.
  public var recordsOutputs: Bool
  /// Bounds of the data, ns: from what was asked for, 0 none, to what there was; what is added later is another session's.
  public var from: Int64 = 0
  public var to: Int64 = 0

  public init(
    session: UInt64, mode: String, account: String, date: Int64, seed: Int64, initialCash: Int64,
    files: [String: [UInt8]], directory: String, decisionHash: UInt64, dataDigest: String, libraries: [String: String],
    agents: [String], isSynthetic: Bool, notices: [String], recordsOutputs: Bool, from: Int64 = 0, to: Int64 = 0
  ) {
    self.session = session
    self.mode = mode
    self.account = account
    self.date = date
    self.seed = seed
    self.initialCash = initialCash
    self.files = files
    self.directory = directory
    self.decisionHash = decisionHash
    self.dataDigest = dataDigest
    self.libraries = libraries
    self.agents = agents
    self.isSynthetic = isSynthetic
    self.notices = notices
    self.recordsOutputs = recordsOutputs
    self.from = from
    self.to = to
  }
}

extension SessionHeader {
  /// Of rows and headers. A session is read by the program whose format it has, never guessed at.
  static let format: UInt32 = 3
  private static let mark = "alphaloop session"

  var encoded: [UInt8] {
    var w = EventWriter()
    w.put(Self.mark)
    w.put(Self.format)
    w.put(session)
    w.put(mode)
    w.put(account)
    w.put(date)
    w.put(seed)
    w.put(initialCash)
    w.put(directory)
    w.put(decisionHash)
    w.put(dataDigest)
    w.put(UInt8(isSynthetic ? 1 : 0))
    w.put(UInt8(recordsOutputs ? 1 : 0))
    w.put(from)
    w.put(to)
    w.put(notices)
    w.put(files: files)
    w.put(libraries)
    w.put(agents)
    return w.bytes
  }

  /// Why the header of a session cannot be read; nil: it has this program's format.
  static func refusal(_ encoded: [UInt8]) -> String? {
    var r = EventReader(encoded)
    guard r.text() == mark, let found: UInt32 = r.get() else {
      return "was recorded by an earlier version of alphaloop (format 1); this one reads format \(format)"
    }
    if found == format { return nil }
    return "was recorded by \(found < format ? "an earlier" : "a later") version of alphaloop (format \(found)); "
      + "this one reads format \(format)"
  }

  /// nil when the bytes are no header of this format.
  package init?(encoded: [UInt8]) {
    var r = EventReader(encoded)
    guard r.text() == Self.mark, r.get(UInt32.self) == Self.format, let session: UInt64 = r.get(), let mode = r.text(),
      let account = r.text(), let date: Int64 = r.get(), let seed: Int64 = r.get(), let cash: Int64 = r.get(),
      let directory = r.text(), let hash: UInt64 = r.get(), let digest = r.text(), let synthetic: UInt8 = r.get(),
      let outputs: UInt8 = r.get(), let from: Int64 = r.get(), let to: Int64 = r.get(), let notices = r.texts(),
      let files = r.files(), let libraries = r.table(), let agents = r.texts(), r.isAtEnd
    else { return nil }
    self.init(
      session: session, mode: mode, account: account, date: date, seed: seed, initialCash: cash, files: files,
      directory: directory, decisionHash: hash, dataDigest: digest, libraries: libraries, agents: agents,
      isSynthetic: synthetic == 1, notices: notices, recordsOutputs: outputs == 1, from: from, to: to)
  }
}
