/// The first 64 bytes of an ELF64 file.
public struct ELFHeader: Equatable, Sendable {
  public var machine: ELFMachine
  /// 0 System V, 3 GNU; both are loadable.
  public var osABI: UInt8
  var programHeaderOffset: UInt64
  var programHeaderCount: UInt16
  var sectionHeaderOffset: UInt64
  var sectionHeaderCount: UInt16
  var sectionNameIndex: UInt16

  static let size: UInt64 = 64
  static let sharedObject: UInt16 = 3

  /// Checks in the order in which a reader would want to be told.
  init(_ bytes: ELFBytes) throws(ELFError.Reason) {
    if bytes.storage.starts(with: Array("!<arch>\n".utf8)) || bytes.storage.starts(with: Array("!<thin>\n".utf8)) {
      throw .staticArchive
    }
    guard bytes.storage.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw .notELF }
    let what = "the ELF header"
    guard try bytes.load(UInt8.self, at: 4, of: what) == 2 else { throw .class32Bit }
    guard try bytes.load(UInt8.self, at: 5, of: what) == 1 else { throw .bigEndian }
    _ = try bytes.range(at: 0, count: Self.size, of: what)

    osABI = try bytes.load(UInt8.self, at: 7, of: what)
    machine = ELFMachine(rawValue: try bytes.load(UInt16.self, at: 18, of: what))
    guard machine == .host else {
      throw .foreignMachine(found: machine.rawValue, expected: ELFMachine.host.rawValue)
    }
    let type = try bytes.load(UInt16.self, at: 16, of: what)
    guard type == Self.sharedObject else { throw .notSharedObject(type: type) }
    guard osABI == 0 || osABI == 3 else { throw .malformed(what: what, detail: "operating system ABI \(osABI)") }

    programHeaderOffset = try bytes.load(UInt64.self, at: 32, of: what)
    sectionHeaderOffset = try bytes.load(UInt64.self, at: 40, of: what)
    programHeaderCount = try bytes.load(UInt16.self, at: 56, of: what)
    sectionHeaderCount = try bytes.load(UInt16.self, at: 60, of: what)
    sectionNameIndex = try bytes.load(UInt16.self, at: 62, of: what)
    let programEntry = try bytes.load(UInt16.self, at: 54, of: what)
    guard programHeaderCount == 0 || programEntry == ELFProgramHeader.size else {
      throw .malformed(what: what, detail: "program headers of \(programEntry) bytes, not \(ELFProgramHeader.size)")
    }
    let sectionEntry = try bytes.load(UInt16.self, at: 58, of: what)
    guard sectionHeaderCount == 0 || sectionEntry == ELFSection.size else {
      throw .malformed(what: what, detail: "section headers of \(sectionEntry) bytes, not \(ELFSection.size)")
    }
  }
}

/// A segment: what the loader maps, and the tables it reads.
public struct ELFProgramHeader: Equatable, Sendable {
  public var type: UInt32
  public var flags: UInt32
  /// Bytes from the start of the file.
  public var offset: UInt64
  /// Address relative to where the object is loaded.
  public var address: UInt64
  public var fileSize: UInt64
  public var memorySize: UInt64

  static let size: UInt16 = 56
  static let load: UInt32 = 1
  static let dynamic: UInt32 = 2
  static let gnuStack: UInt32 = 0x6474_e551

  public var isExecutable: Bool { flags & 1 != 0 }
  public var isWritable: Bool { flags & 2 != 0 }

  static func all(in bytes: ELFBytes, header: ELFHeader) throws(ELFError.Reason) -> [ELFProgramHeader] {
    let what = "the program header table"
    let length = UInt64(header.programHeaderCount) * UInt64(size)
    let range = try bytes.range(at: header.programHeaderOffset, count: length, of: what)
    var headers: [ELFProgramHeader] = []
    headers.reserveCapacity(Int(header.programHeaderCount))
    for start in stride(from: UInt64(range.lowerBound), to: UInt64(range.upperBound), by: Int(size)) {
      headers.append(
        ELFProgramHeader(
          type: try bytes.load(UInt32.self, at: start, of: what),
          flags: try bytes.load(UInt32.self, at: start + 4, of: what),
          offset: try bytes.load(UInt64.self, at: start + 8, of: what),
          address: try bytes.load(UInt64.self, at: start + 16, of: what),
          fileSize: try bytes.load(UInt64.self, at: start + 32, of: what),
          memorySize: try bytes.load(UInt64.self, at: start + 40, of: what)))
    }
    return headers
  }
}

/// A named part of the file. Sections serve tools, not the loader; a stripped file may have none.
public struct ELFSection: Equatable, Sendable {
  public var name: String
  public var type: UInt32
  /// Address relative to where the object is loaded.
  public var address: UInt64
  /// Bytes from the start of the file.
  public var offset: UInt64
  public var byteCount: UInt64

  static let size: UInt16 = 64
  private static let takesNoRoom: UInt32 = 8

  func fileRange(in bytes: ELFBytes) throws(ELFError.Reason) -> Range<Int> {
    if type == Self.takesNoRoom { return 0..<0 }
    return try bytes.range(at: offset, count: byteCount, of: "section \(name)")
  }

  static func all(in bytes: ELFBytes, header: ELFHeader) throws(ELFError.Reason) -> [ELFSection] {
    guard header.sectionHeaderCount > 0 else { return [] }
    let what = "the section header table"
    let length = UInt64(header.sectionHeaderCount) * UInt64(size)
    let range = try bytes.range(at: header.sectionHeaderOffset, count: length, of: what)
    let table = UInt64(range.lowerBound)
    guard header.sectionNameIndex < header.sectionHeaderCount else {
      throw .malformed(
        what: what, detail: "names are said to be in section \(header.sectionNameIndex), which is missing")
    }
    let names = table + UInt64(header.sectionNameIndex) * UInt64(size)
    let namesOffset = try bytes.load(UInt64.self, at: names + 24, of: what)
    let namesEnd = try elfSum(namesOffset, bytes.load(UInt64.self, at: names + 32, of: what), of: what)
    var sections: [ELFSection] = []
    sections.reserveCapacity(Int(header.sectionHeaderCount))
    for start in stride(from: table, to: UInt64(range.upperBound), by: Int(size)) {
      let name = try elfSum(namesOffset, UInt64(bytes.load(UInt32.self, at: start, of: what)), of: what)
      sections.append(
        ELFSection(
          name: try bytes.string(at: name, before: namesEnd, of: "the section names"),
          type: try bytes.load(UInt32.self, at: start + 4, of: what),
          address: try bytes.load(UInt64.self, at: start + 16, of: what),
          offset: try bytes.load(UInt64.self, at: start + 24, of: what),
          byteCount: try bytes.load(UInt64.self, at: start + 32, of: what)))
    }
    return sections
  }
}
