/// The number both sides agreed on at the greeting; it decides every field list of the connection.
public struct ServerVersion: Sendable, Comparable, Hashable {
  public let number: Int
  /// nil for a number that this implementation does not speak.
  public init?(_ number: Int) {
    guard Self.supported.contains(number) else { return nil }
    self.number = number
  }
  /// From 201 on the messages are no longer text.
  public static let supported = 176...200
  public static func < (a: ServerVersion, b: ServerVersion) -> Bool { a.number < b.number }
  public static func >= (a: ServerVersion, b: Int) -> Bool { a.number >= b }
  public static func < (a: ServerVersion, b: Int) -> Bool { a.number < b }
}
