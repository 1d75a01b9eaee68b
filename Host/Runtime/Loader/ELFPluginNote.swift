/// What a plugin says about itself in the section `.alphaloop.abi`, readable without running it.
///
/// The content is one C structure of 64 bytes, little-endian: size, magic (0x31414c41, "ALA1"), ABI major, ABI minor, SDK
/// version, a reserved word, and 40 characters that name the compiler, padded with NUL.
public struct ELFPluginNote: Equatable, Sendable {
  public static let sectionName = ".alphaloop.abi"
  public static let magic: UInt32 = 0x3141_4c41
  public static let byteCount: UInt64 = 64

  public var abiMajor: UInt32
  public var abiMinor: UInt32
  public var sdkVersion: UInt32
  public var toolchain: String
}

extension ELFFile {
  /// The plugin's ABI note; nil when it has none.
  ///
  /// - Throws: ``ELFError`` when the section is there and does not hold exactly one note.
  public func pluginNote() throws(ELFError) -> ELFPluginNote? {
    do {
      return try readPluginNote()
    } catch {
      throw ELFError(file: file, reason: error)
    }
  }

  private func readPluginNote() throws(ELFError.Reason) -> ELFPluginNote? {
    guard let section = section(named: ELFPluginNote.sectionName) else { return nil }
    let what = "section \(section.name)"
    let range = try section.fileRange(in: bytes)
    let start = UInt64(range.lowerBound)
    guard UInt64(range.count) == ELFPluginNote.byteCount else {
      throw .malformed(
        what: what,
        detail: "\(range.count) bytes, not the \(ELFPluginNote.byteCount) of one note (is the entry macro used twice?)")
    }
    let size = try bytes.load(UInt32.self, at: start, of: what)
    let magic = try bytes.load(UInt32.self, at: start + 4, of: what)
    guard magic == ELFPluginNote.magic, UInt64(size) == ELFPluginNote.byteCount else {
      throw .malformed(what: what, detail: "starts with size \(size) and magic 0x\(String(magic, radix: 16))")
    }
    let toolchain = bytes.storage[Int(start) + 24..<range.upperBound].prefix { $0 != 0 }
    return ELFPluginNote(
      abiMajor: try bytes.load(UInt32.self, at: start + 8, of: what),
      abiMinor: try bytes.load(UInt32.self, at: start + 12, of: what),
      sdkVersion: try bytes.load(UInt32.self, at: start + 16, of: what),
      toolchain: String(decoding: toolchain, as: UTF8.self))
  }
}
