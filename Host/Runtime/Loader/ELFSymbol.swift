/// An entry of the dynamic symbol table.
public struct ELFSymbol: Equatable, Sendable {
  public enum Binding: UInt8, Sendable {
    case local = 0
    case global = 1
    case weak = 2
    case unique = 10
  }
  public enum Visibility: UInt8, Sendable {
    case normal = 0
    case `internal`, hidden, protected
  }

  public var name: String
  /// `GLIBC_2.34` and the like; nil without a version.
  public var version: String?
  /// Nil for a binding no Linux tool makes.
  public var binding: Binding?
  public var visibility: Visibility
  /// 1 object, 2 function, 6 thread-local, 10 resolved by a function; 0 unknown.
  public var type: UInt8
  public var isDefined: Bool
  public var byteCount: UInt64
  /// A version script marked it as local.
  var isLocalByVersion: Bool
  /// It stands for the name of a version, not for code or data.
  var isVersionName: Bool

  /// Other objects can bind to it.
  public var isExported: Bool {
    guard isDefined, !name.isEmpty, !isLocalByVersion, !isVersionName, let binding, binding != .local else {
      return false
    }
    return visibility == .normal || visibility == .protected
  }

  static func byName(_ a: ELFSymbol, _ b: ELFSymbol) -> Bool {
    (a.name, a.version ?? "") < (b.name, b.version ?? "")
  }
}

extension ELFSymbol {
  private static let entrySize: UInt64 = 24
  private static let absolute: UInt16 = 0xFFF1
  /// Names may overlap, so a small file could ask for endless text. Real plugins stay below 2 MB.
  private static let maximumNameBytesTogether = 1 << 26

  /// The table the loader uses. The section headers could name another one, so they are not asked.
  static func dynamicSymbols(_ image: ELFImage, dynamic: ELFDynamic) throws(ELFError.Reason) -> [ELFSymbol] {
    let what = "the dynamic symbol table"
    guard let address = dynamic.symbols else { return [] }
    let start = try image.offset(of: address, what)
    let count = try symbolCount(image, dynamic)
    let length = try elfProduct(count, entrySize, of: what)
    _ = try image.bytes.range(at: start, count: length, of: what)
    guard count > 1 else { return [] }
    let strings = try dynamic.strings.stringRange(image)
    let versions = try ELFVersions(image, dynamic: dynamic, symbolCount: count, strings: strings)

    var symbols: [ELFSymbol] = []
    symbols.reserveCapacity(Int(count))
    var nameBytes = 0
    for index in 1..<count {
      let entry = start + index * entrySize
      let nameOffset = try elfSum(
        strings.start, UInt64(image.bytes.load(UInt32.self, at: entry, of: what)), of: what)
      let name = try image.bytes.string(at: nameOffset, before: strings.end, of: "the symbol names")
      nameBytes += name.utf8.count
      guard nameBytes <= maximumNameBytesTogether else {
        throw .malformed(what: "the symbol names", detail: "more than \(maximumNameBytesTogether) bytes together")
      }
      let info = try image.bytes.load(UInt8.self, at: entry + 4, of: what)
      let other = try image.bytes.load(UInt8.self, at: entry + 5, of: what)
      let section = try image.bytes.load(UInt16.self, at: entry + 6, of: what)
      let version = try versions.version(ofSymbol: index)
      symbols.append(
        ELFSymbol(
          name: name, version: version.name, binding: Binding(rawValue: info >> 4),
          visibility: Visibility(rawValue: other & 3) ?? .normal, type: info & 15,
          isDefined: section != 0,
          byteCount: try image.bytes.load(UInt64.self, at: entry + 16, of: what),
          isLocalByVersion: version.isLocal,
          isVersionName: section == absolute && name == version.name))
    }
    return symbols
  }

  /// The table has no length of its own; the hash tables cover it.
  private static func symbolCount(_ image: ELFImage, _ dynamic: ELFDynamic) throws(ELFError.Reason) -> UInt64 {
    if let hash = dynamic.hash {
      let start = try image.offset(of: hash, "the symbol hash table")
      return UInt64(try image.bytes.load(UInt32.self, at: start + 4, of: "the symbol hash table"))
    }
    guard let gnuHash = dynamic.gnuHash else {
      throw .malformed(what: "the dynamic section", detail: "no symbol hash table")
    }
    return try gnuSymbolCount(image, at: image.offset(of: gnuHash, "the symbol hash table"))
  }

  /// The highest index any bucket starts at, then along its chain to the entry with the low bit.
  private static func gnuSymbolCount(_ image: ELFImage, at start: UInt64) throws(ELFError.Reason) -> UInt64 {
    let what = "the symbol hash table"
    let bucketCount = UInt64(try image.bytes.load(UInt32.self, at: start, of: what))
    let firstHashed = UInt64(try image.bytes.load(UInt32.self, at: start + 4, of: what))
    let bloomWords = UInt64(try image.bytes.load(UInt32.self, at: start + 8, of: what))
    let buckets = start + 16 + bloomWords * 8
    let range = try image.bytes.range(at: buckets, count: bucketCount * 4, of: what)
    var highest: UInt64 = 0
    for bucket in 0..<bucketCount {
      highest = max(highest, UInt64(try image.bytes.load(UInt32.self, at: buckets + bucket * 4, of: what)))
    }
    guard highest > 0 else { return firstHashed }
    guard highest >= firstHashed else {
      throw .malformed(what: what, detail: "a bucket starts at symbol \(highest), before the first hashed one")
    }
    let chains = UInt64(range.upperBound)
    while try image.bytes.load(UInt32.self, at: chains + (highest - firstHashed) * 4, of: what) & 1 == 0 {
      highest += 1
    }
    return highest + 1
  }
}
