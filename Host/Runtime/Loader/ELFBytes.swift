/// The bytes of a file with every access checked. Offsets come from the file and are hostile: all sums are checked for
/// overflow, nothing traps.
struct ELFBytes: Sendable {
  let storage: [UInt8]

  /// Longest name of a symbol or library that is believed. Swift's longest mangled names have a few kilobytes.
  static let maximumNameBytes: UInt64 = 1 << 16

  var count: UInt64 { UInt64(storage.count) }

  /// The range `[offset, offset + length)` when it lies inside the file.
  func range(at offset: UInt64, count length: UInt64, of what: String) throws(ELFError.Reason) -> Range<Int> {
    let (end, overflow) = offset.addingReportingOverflow(length)
    guard !overflow, end <= count else {
      throw .truncated(what: what, needs: overflow ? .max : end, has: count)
    }
    return Int(offset)..<Int(end)
  }

  /// A little-endian integer.
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: UInt64, of what: String)
    throws(ELFError.Reason) -> T
  {
    let range = try range(at: offset, count: UInt64(MemoryLayout<T>.size), of: what)
    return T(littleEndian: storage.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self) })
  }

  /// A NUL-terminated string that ends before `end`. Bytes that are not UTF-8 are replaced, never refused: a name is only
  /// compared and shown.
  func string(at offset: UInt64, before end: UInt64, of what: String) throws(ELFError.Reason) -> String {
    let limit = min(end, count)
    guard offset < limit else { throw .truncated(what: what, needs: offset, has: limit) }
    var stop = offset
    while stop < limit, storage[Int(stop)] != 0 {
      stop += 1
      guard stop - offset <= Self.maximumNameBytes else {
        throw .malformed(what: what, detail: "a name of more than \(Self.maximumNameBytes) bytes")
      }
    }
    guard stop < limit else { throw .malformed(what: what, detail: "a name without its end") }
    return String(decoding: storage[Int(offset)..<Int(stop)], as: UTF8.self)
  }
}

/// Adds offsets of the file; an overflow is damage.
func elfSum(_ a: UInt64, _ b: UInt64, of what: String) throws(ELFError.Reason) -> UInt64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  guard !overflow else { throw .malformed(what: what, detail: "an offset beyond 64 bits") }
  return sum
}

/// Multiplies an index by an entry size; an overflow is damage.
func elfProduct(_ a: UInt64, _ b: UInt64, of what: String) throws(ELFError.Reason) -> UInt64 {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  guard !overflow else { throw .malformed(what: what, detail: "a size beyond 64 bits") }
  return product
}
