/// The file as the loader sees it: addresses instead of offsets.
struct ELFImage {
  let bytes: ELFBytes
  private let segments: [ELFProgramHeader]

  /// Real objects have four or five; a bound keeps the search for an address short whatever the file says.
  private static let maximumSegments = 64

  init(bytes: ELFBytes, programHeaders: [ELFProgramHeader]) throws(ELFError.Reason) {
    self.bytes = bytes
    segments = programHeaders.filter { $0.type == ELFProgramHeader.load }
    guard !segments.isEmpty else { throw .malformed(what: "the program headers", detail: "no segment to load") }
    guard segments.count <= Self.maximumSegments else {
      throw .malformed(what: "the program headers", detail: "\(segments.count) segments to load")
    }
    for segment in segments {
      _ = try bytes.range(at: segment.offset, count: segment.fileSize, of: "a segment to load")
    }
  }

  /// Where an address lies in the file.
  func offset(of address: UInt64, _ what: String) throws(ELFError.Reason) -> UInt64 {
    for segment in segments where address >= segment.address && address - segment.address < segment.fileSize {
      return segment.offset + (address - segment.address)
    }
    throw .malformed(what: what, detail: "address 0x\(String(address, radix: 16)) lies in no part of the file")
  }
}

/// The dynamic section: what the loader will do with the file.
public struct ELFDynamic: Equatable, Sendable {
  /// Libraries that must be loaded with it, in order.
  public var needed: [String] = []
  public var soname: String?
  /// Folders searched for them, as written (`$ORIGIN` not expanded).
  public var runpath: [String] = []
  /// The older form, searched before the environment.
  public var rpath: [String] = []
  /// Relocations would write to code, which needs code pages that are writable.
  public var hasTextRelocations = false
  /// All symbols are bound when it is loaded.
  public var bindsNow = false
  /// `dlclose` leaves it mapped.
  public var isNeverUnloaded = false
  /// It is a position-independent program, not a library.
  public var isProgram = false

  var strings = ELFTable()
  var symbols: UInt64?
  var hash: UInt64?
  var gnuHash: UInt64?
  var versions: UInt64?
  var versionDefinitions = ELFTable()
  var versionNeeds = ELFTable()

  init(_ image: ELFImage, programHeaders: [ELFProgramHeader]) throws(ELFError.Reason) {
    let what = "the dynamic section"
    guard let header = programHeaders.first(where: { $0.type == ELFProgramHeader.dynamic }) else {
      throw .malformed(what: "the program headers", detail: "no dynamic section, so it cannot be loaded at run time")
    }
    let range = try image.bytes.range(at: header.offset, count: header.fileSize, of: what)
    var names: [(tag: UInt64, offset: UInt64)] = []
    for start in stride(from: UInt64(range.lowerBound), to: UInt64(range.upperBound), by: 16) {
      let tag = try image.bytes.load(UInt64.self, at: start, of: what)
      let value = try image.bytes.load(UInt64.self, at: start + 8, of: what)
      if tag == 0 { break }
      switch tag {
      case 1, 14, 15, 29: names.append((tag, value))
      default: note(tag, value)
      }
    }
    try resolve(names, image, what)
  }

  private mutating func note(_ tag: UInt64, _ value: UInt64) {
    switch tag {
    case 4: hash = value
    case 5: strings.address = value
    case 6: symbols = value
    case 10: strings.size = value
    case 22: hasTextRelocations = true
    case 24: bindsNow = true
    case 30:
      if value & 4 != 0 { hasTextRelocations = true }
      if value & 8 != 0 { bindsNow = true }
    case 0x6fff_fef5: gnuHash = value
    case 0x6fff_fff0: versions = value
    case 0x6fff_fffb:
      if value & 1 != 0 { bindsNow = true }
      isNeverUnloaded = value & 8 != 0
      isProgram = value & 0x0800_0000 != 0
    case 0x6fff_fffc: versionDefinitions.address = value
    case 0x6fff_fffd: versionDefinitions.size = value
    case 0x6fff_fffe: versionNeeds.address = value
    case 0x6fff_ffff: versionNeeds.size = value
    default: break
    }
  }

  private mutating func resolve(_ names: [(tag: UInt64, offset: UInt64)], _ image: ELFImage, _ what: String)
    throws(ELFError.Reason)
  {
    guard !names.isEmpty else { return }
    let table = try strings.stringRange(image)
    for (tag, offset) in names {
      let start = try elfSum(table.start, offset, of: what)
      let name = try image.bytes.string(at: start, before: table.end, of: what)
      switch tag {
      case 1: needed.append(name)
      case 14: soname = name
      case 15: rpath += name.split(separator: ":").map(String.init)
      default: runpath += name.split(separator: ":").map(String.init)
      }
    }
  }
}

/// A table of the dynamic section: where it is, and its size (bytes for strings, entries for versions).
struct ELFTable: Equatable, Sendable {
  var address: UInt64?
  var size: UInt64 = 0

  func stringRange(_ image: ELFImage) throws(ELFError.Reason) -> (start: UInt64, end: UInt64) {
    let what = "the dynamic string table"
    guard let address else { throw .malformed(what: what, detail: "missing") }
    let start = try image.offset(of: address, what)
    let range = try image.bytes.range(at: start, count: size, of: what)
    return (start, UInt64(range.upperBound))
  }
}
