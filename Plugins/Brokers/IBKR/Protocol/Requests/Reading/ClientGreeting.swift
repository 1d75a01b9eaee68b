/// What a client announces in the first bytes of a connection: the versions that it speaks, and options after a blank.
public struct ClientGreeting: Sendable, Equatable {
  /// The bytes before the length of the announcement.
  public static let prefix = Array("API\0".utf8)
  /// A longer announcement is none.
  public static let longest = 1024

  public var versions: ClosedRange<Int>
  public var connectOptions = ""

  public init(versions: ClosedRange<Int>, connectOptions: String = "") {
    (self.versions, self.connectOptions) = (versions, connectOptions)
  }

  /// `v176..200`, or `v176` for a single version, and what may follow.
  ///
  /// - Parameter payload: the bytes after ``prefix`` and the length.
  public init(_ payload: ArraySlice<UInt8>) throws(WireError) {
    let text = String(decoding: payload.prefix(Self.longest), as: UTF8.self)
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard payload.count <= Self.longest, let range = parts.first, range.first == "v",
      let dots = range.firstRange(of: "..") ?? Optional(range.endIndex..<range.endIndex),
      let low = Int(range[..<dots.lowerBound].dropFirst()),
      let high = dots.isEmpty ? low : Int(range[dots.upperBound...]), 0 <= low, low <= high
    else { throw .malformed(field: "greeting", text: String(text.prefix(200))) }
    versions = low...high
    connectOptions = parts.count > 1 ? String(parts[1]) : ""
  }

  /// The highest version that both sides speak; nil: there is none.
  public func version(upTo highest: ServerVersion) -> ServerVersion? {
    let number = min(versions.upperBound, highest.number)
    return number >= versions.lowerBound ? ServerVersion(number) : nil
  }
}
