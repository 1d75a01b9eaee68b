/// The server's answer to the greeting: the version to speak, and its clock.
public struct ServerGreeting: Sendable, Equatable {
  /// As the server gave it, whether this implementation speaks it or not.
  public var number: Int
  /// Any text of the host; bytes that are no UTF-8 are replaced. Nothing may depend on it.
  public var clock: String

  /// nil for a version that this implementation does not speak: the connection has to end.
  public var version: ServerVersion? { ServerVersion(number) }

  public init(number: Int, clock: String) {
    self.number = number
    self.clock = clock
  }

  public init(_ payload: ArraySlice<UInt8>) throws(WireError) {
    var fields = FieldReader(payload)
    number = Int(try fields.int("serverVersion"))
    // A clock that cannot be read never fails a connection.
    clock = (try? fields.text("connectionTime")) ?? ""
  }
}
