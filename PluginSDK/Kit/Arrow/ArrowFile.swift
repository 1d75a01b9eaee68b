import AlphaLoopFiles

/// An Arrow IPC file of our subset, mapped read-only: its columns are used in place.
///
/// Everything the file says about itself is checked on opening; a file that opens can be read without a further check.
/// The pointers it hands out are valid while the object lives.
public final class ArrowFile: Sendable {
  public enum ColumnType: Equatable, Sendable { case int64, float64 }

  public struct Column: Equatable, Sendable {
    public let name: String
    public let type: ColumnType
    /// Where its values start in the file, a multiple of 8.
    public let offset: Int
  }

  public let rowCount: Int
  public let columns: [Column]
  public let metadata: [ArrowMetadata]
  private let file: MappedFile

  public var path: String { file.path }
  public var byteCount: Int { file.bytes.count }

  /// - Parameter expectedCRC32C: when given, the whole file is read once and its checksum compared.
  /// - Throws: `FileError` or `ArrowError`.
  public init(path: String, expectedCRC32C: UInt32? = nil) throws {
    file = try MappedFile(path: path)
    if let expected = expectedCRC32C {
      let found = CRC32C.of(file.bytes)
      guard found == expected else {
        throw ArrowError(path: path, reason: .checksum(expected: expected, found: found))
      }
    }
    do {
      let layout = try ArrowLayout(bytes: file.bytes)
      rowCount = layout.rowCount
      columns = layout.columns
      metadata = layout.metadata
    } catch let damage as FlatBufferReader.Damage {
      throw ArrowError(path: path, reason: .corrupt(damage.place))
    } catch let refusal as ArrowLayout.Refusal {
      throw ArrowError(path: path, reason: refusal.reason)
    }
  }

  public func crc32c() -> UInt32 { CRC32C.of(file.bytes) }

  /// The value of the first metadata entry of that name.
  public func metadata(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The values of an int64 column, valid while this object lives.
  public func int64(_ name: String) throws(ArrowError) -> UnsafeBufferPointer<Int64> {
    UnsafeBufferPointer(start: try address(name, .int64), count: rowCount)
  }

  /// The values of a float64 column, valid while this object lives.
  public func float64(_ name: String) throws(ArrowError) -> UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: try address(name, .float64), count: rowCount)
  }

  private func address<Element>(_ name: String, _ type: ColumnType) throws(ArrowError) -> UnsafePointer<Element>? {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw ArrowError(path: path, reason: .missingColumn(name: name, present: columns.map(\.name)))
    }
    guard column.type == type else {
      throw ArrowError(path: path, reason: .wrongType(column: name, expected: "\(type)"))
    }
    guard rowCount > 0 else { return nil }
    return file.bytes.baseAddress.map { ($0 + column.offset).assumingMemoryBound(to: Element.self) }
  }
}
