/// The first bytes of a connection, before any message.
public enum Greeting {
  /// The announcement of the versions that the client speaks. The only known option is `+PACEAPI`.
  public static func bytes(
    versions: ClosedRange<Int> = ServerVersion.supported, connectOptions: String = ""
  ) throws(WireError) -> [UInt8] {
    for byte in connectOptions.utf8 where byte < 32 || byte > 126 { throw .unprintable(field: "connectOptions") }
    let range = "v\(versions.lowerBound)..\(versions.upperBound)"
    let text = connectOptions.isEmpty ? range : "\(range) \(connectOptions)"
    return Array("API\0".utf8) + FrameSplitter.frame(Array(text.utf8))
  }
}
