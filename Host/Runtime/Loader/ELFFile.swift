import CSystem

/// A shared object, read as bytes. Nothing of it is mapped for execution or run, so a hostile file can do no more than be
/// refused: every offset is checked, every count is bounded by the size of the file.
///
/// Source of the layout: System V ABI, "Object Files" and "Program Loading and Dynamic Linking"; Linux Standard Base 5.0,
/// "Symbol Versioning".
///
/// ```swift
/// let file = try ELFFile(path: "libmomentum.so")
/// guard file.exportedSymbols.map(\.name) == ["alphaloop_plugin_entry_v1"] else { ... }
/// ```
public struct ELFFile: Sendable {
  /// The path or name the bytes came from; every error names it.
  public let file: String
  public let header: ELFHeader
  public let programHeaders: [ELFProgramHeader]
  /// Empty when the section table was stripped.
  public let sections: [ELFSection]
  public let dynamic: ELFDynamic
  /// Defined symbols other objects can bind to: global, weak or unique, default or protected visibility. Sorted by name.
  public let exportedSymbols: [ELFSymbol]
  /// Symbols another object has to supply. Sorted by name.
  public let undefinedSymbols: [ELFSymbol]
  /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
  public let sha256: String

  let bytes: ELFBytes

  /// Largest file that is read, in bytes.
  public static let maximumBytes: UInt64 = 1 << 28

  /// Reads the file at `path`.
  ///
  /// - Throws: ``ELFError`` naming the file and what is wrong with it.
  public init(path: String) throws(ELFError) {
    do {
      try self.init(contents: Self.contents(of: path), file: path)
    } catch {
      throw ELFError(file: path, reason: error)
    }
  }

  /// Reads a file's bytes that are in memory already; `file` is the name for errors.
  public init(bytes: [UInt8], file: String) throws(ELFError) {
    do {
      try self.init(contents: bytes, file: file)
    } catch {
      throw ELFError(file: file, reason: error)
    }
  }

  private init(contents: [UInt8], file: String) throws(ELFError.Reason) {
    let bytes = ELFBytes(storage: contents)
    let header = try ELFHeader(bytes)
    let programHeaders = try ELFProgramHeader.all(in: bytes, header: header)
    let image = try ELFImage(bytes: bytes, programHeaders: programHeaders)
    let dynamic = try ELFDynamic(image, programHeaders: programHeaders)
    let symbols = try ELFSymbol.dynamicSymbols(image, dynamic: dynamic)
    self.file = file
    self.bytes = bytes
    self.header = header
    self.programHeaders = programHeaders
    self.sections = try ELFSection.all(in: bytes, header: header)
    self.dynamic = dynamic
    self.exportedSymbols = symbols.filter(\.isExported).sorted(by: ELFSymbol.byName)
    self.undefinedSymbols = symbols.filter { !$0.isDefined && !$0.name.isEmpty }.sorted(by: ELFSymbol.byName)
    self.sha256 = ELFDigest.sha256(contents)
  }

  /// The part of the file, as it was read, that is mapped to run it: without section headers, symbols of the linker and debug
  /// information, which come last and are most of a Swift library.
  public var mappedContents: ArraySlice<UInt8> {
    let end = programHeaders.filter { $0.type == ELFProgramHeader.load }.map { $0.offset &+ $0.fileSize }.max() ?? 0
    return bytes.storage.prefix(Int(clamping: end))
  }

  /// True unless the file asks for a stack that cannot be executed. A file without the header asks for an executable one.
  public var requestsExecutableStack: Bool {
    guard let stack = programHeaders.first(where: { $0.type == ELFProgramHeader.gnuStack }) else { return true }
    return stack.isExecutable
  }

  /// The first section of that name.
  public func section(named name: String) -> ELFSection? { sections.first { $0.name == name } }

  /// The bytes of a section; none for one that takes no room in the file.
  ///
  /// - Throws: ``ELFError`` when it reaches past the end of the file.
  public func contents(of section: ELFSection) throws(ELFError) -> ArraySlice<UInt8> {
    do {
      return try bytes.storage[section.fileRange(in: bytes)]
    } catch {
      throw ELFError(file: file, reason: error)
    }
  }

  static func contents(of path: String) throws(ELFError.Reason) -> [UInt8] {
    let descriptor = path.withCString { al_open_read($0) }
    guard descriptor >= 0 else { throw .unreadable(-descriptor) }
    defer { al_close(descriptor) }
    let size = al_file_size(descriptor)
    guard size >= 0 else { throw .unreadable(Int32(-size)) }
    guard size <= maximumBytes else { throw .tooLarge(bytes: UInt64(size), limit: maximumBytes) }
    var failure: Int32 = 0
    let contents = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, initialized in
      let got = size == 0 ? 0 : al_read_at(descriptor, buffer.baseAddress, Int(size), 0)
      failure = got < 0 ? Int32(-got) : 0
      initialized = got < 0 ? 0 : Int(got)
    }
    guard failure == 0 else { throw .unreadable(failure) }
    return contents
  }
}

/// SHA-256 (FIPS 180-4) as text.
public enum ELFDigest {
  /// 64 lower-case hexadecimal digits.
  public static func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBytes { al_sha256($0.baseAddress, $0.count, &digest) }
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
