/// Why a file is not one that this reader takes, or columns not ones that the writer takes.
public struct ArrowError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    /// The bytes do not start and end with the Arrow magic.
    case notArrow
    /// The bytes contradict themselves; the payload says where.
    case corrupt(String)
    /// The file's CRC-32C differs from the expected one.
    case checksum(expected: UInt32, found: UInt32)
    case compressed
    case severalBatches(Int)
    case unsupportedColumn(name: String, type: String)
    case nulls(column: String, count: Int64)
    case bigEndian
    case misaligned(column: String)
    case missingColumn(name: String, present: [String])
    case wrongType(column: String, expected: String)
    case invalidColumns(String)
  }

  public let path: String
  public let reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .notArrow: "not an Arrow IPC file (the magic ARROW1 is missing); it may be another format or cut short"
    case .corrupt(let place): "damaged Arrow file: \(place); fetch or import it again"
    case .checksum(let expected, let found):
      "damaged: CRC-32C is \(hexadecimal(found)), the catalogue says \(hexadecimal(expected)); fetch or import it again"
    case .compressed: "compressed Arrow file; write it with compression='uncompressed'"
    case .severalBatches(let count):
      "\(count) record batches, expected one; write it as one, in pyarrow with table.combine_chunks()"
    case .unsupportedColumn(let name, let type):
      "column \(name) is of type \(type); only int64 and float64 are read, cast it before writing"
    case .nulls(let column, let count): "column \(column) holds \(count) nulls; drop or fill those rows before writing"
    case .bigEndian: "big-endian Arrow file; write it on a little-endian machine"
    case .misaligned(let column):
      "column \(column) is not on an 8-byte boundary; write it with pyarrow's default options"
    case .missingColumn(let name, let present):
      "no column \(name); the file has \(present.isEmpty ? "none" : present.joined(separator: ", "))"
    case .wrongType(let column, let expected): "column \(column) is not \(expected); cast it before writing"
    case .invalidColumns(let sizes): "columns must have distinct names and one length, got \(sizes)"
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
