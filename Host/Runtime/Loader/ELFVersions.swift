/// The names behind the version numbers of the dynamic symbols (Linux Standard Base 5.0, "Symbol Versioning").
struct ELFVersions {
  private let bytes: ELFBytes
  private let table: UInt64?
  private var names: [UInt16: String] = [:]

  private static let hiddenBit: UInt16 = 0x8000

  init(_ image: ELFImage, dynamic: ELFDynamic, symbolCount: UInt64, strings: (start: UInt64, end: UInt64))
    throws(ELFError.Reason)
  {
    bytes = image.bytes
    guard let address = dynamic.versions else {
      table = nil
      return
    }
    let start = try image.offset(of: address, "the version table")
    _ = try bytes.range(at: start, count: elfProduct(symbolCount, 2, of: "the version table"), of: "the version table")
    table = start
    try readDefinitions(image, dynamic.versionDefinitions, strings)
    try readNeeds(image, dynamic.versionNeeds, strings)
  }

  /// Index 0 is local, 1 is global without a version.
  func version(ofSymbol index: UInt64) throws(ELFError.Reason) -> (name: String?, isLocal: Bool) {
    guard let table else { return (nil, false) }
    let number = try bytes.load(UInt16.self, at: table + index * 2, of: "the version table") & ~Self.hiddenBit
    return (number > 1 ? names[number] : nil, number == 0)
  }

  private mutating func readDefinitions(_ image: ELFImage, _ chain: ELFTable, _ strings: (start: UInt64, end: UInt64))
    throws(ELFError.Reason)
  {
    let what = "the version definitions"
    guard let address = chain.address else { return }
    var entry = try image.offset(of: address, what)
    for _ in 0..<min(chain.size, bytes.count) {
      let flags = try bytes.load(UInt16.self, at: entry + 2, of: what)
      let number = try bytes.load(UInt16.self, at: entry + 4, of: what) & ~Self.hiddenBit
      let auxiliary = try elfSum(entry, UInt64(bytes.load(UInt32.self, at: entry + 12, of: what)), of: what)
      let isNameOfFile = flags & 1 != 0
      if !isNameOfFile { names[number] = try name(at: auxiliary, strings, what) }
      let next = UInt64(try bytes.load(UInt32.self, at: entry + 16, of: what))
      if next == 0 { break }
      entry = try elfSum(entry, next, of: what)
    }
  }

  private mutating func readNeeds(_ image: ELFImage, _ chain: ELFTable, _ strings: (start: UInt64, end: UInt64))
    throws(ELFError.Reason)
  {
    let what = "the version needs"
    guard let address = chain.address else { return }
    var entry = try image.offset(of: address, what)
    // Every step of either chain is counted: they may overlap, and the product of two counts would take hours.
    var stepsLeft = bytes.count / 16
    for _ in 0..<min(chain.size, bytes.count) {
      var auxiliary = try elfSum(entry, UInt64(bytes.load(UInt32.self, at: entry + 8, of: what)), of: what)
      for _ in 0..<(try bytes.load(UInt16.self, at: entry + 2, of: what)) {
        guard stepsLeft > 0 else { throw .malformed(what: what, detail: "more entries than the file can hold") }
        stepsLeft -= 1
        let number = try bytes.load(UInt16.self, at: auxiliary + 6, of: what) & ~Self.hiddenBit
        names[number] = try name(at: elfSum(auxiliary, 8, of: what), strings, what)
        let next = UInt64(try bytes.load(UInt32.self, at: auxiliary + 12, of: what))
        if next == 0 { break }
        auxiliary = try elfSum(auxiliary, next, of: what)
      }
      let next = UInt64(try bytes.load(UInt32.self, at: entry + 12, of: what))
      if next == 0 { break }
      entry = try elfSum(entry, next, of: what)
    }
  }

  private func name(at field: UInt64, _ strings: (start: UInt64, end: UInt64), _ what: String)
    throws(ELFError.Reason) -> String
  {
    let offset = try elfSum(strings.start, UInt64(bytes.load(UInt32.self, at: field, of: what)), of: what)
    return try bytes.string(at: offset, before: strings.end, of: what)
  }
}
