import AlphaLoopFiles

/// One column to write: a name and its values, without nulls.
public struct ArrowColumn {
  public enum Values {
    case int64(UnsafeBufferPointer<Int64>)
    case float64(UnsafeBufferPointer<Double>)
  }

  public var name: String
  public var values: Values

  public init(name: String, int64 values: UnsafeBufferPointer<Int64>) {
    self.name = name
    self.values = .int64(values)
  }

  public init(name: String, float64 values: UnsafeBufferPointer<Double>) {
    self.name = name
    self.values = .float64(values)
  }

  public var count: Int { bytes.count / 8 }

  var bytes: UnsafeRawBufferPointer {
    switch values {
    case .int64(let values): UnsafeRawBufferPointer(values)
    case .float64(let values): UnsafeRawBufferPointer(values)
    }
  }
}

/// A key and value in the schema's metadata.
public struct ArrowMetadata: Equatable, Sendable {
  public var key: String
  public var value: String

  public init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }
}

/// Writes an Arrow IPC file: one record batch, uncompressed, 64-byte aligned columns of int64 and float64.
///
/// pandas (`read_feather`), polars, pyarrow and R open the file and can map it without a copy. The same input gives the
/// same bytes.
public enum ArrowFileWriter {
  /// - Returns: size and CRC-32C of the file, which is durable on return.
  /// - Throws: `FileError`, or `ArrowError.invalidColumns` when names repeat or lengths differ.
  public static func write(
    path: String, columns: [ArrowColumn], metadata: [ArrowMetadata] = []
  ) throws -> DurableFileWriter.Receipt {
    let rows = columns.first?.count ?? 0
    guard Set(columns.map(\.name)).count == columns.count, columns.allSatisfy({ $0.count == rows }) else {
      let sizes = columns.map { "\($0.name): \($0.count)" }.joined(separator: ", ")
      throw ArrowError(path: path, reason: .invalidColumns(sizes))
    }
    var file = try DurableFileWriter(path: path)
    try write(ArrowFormat.magic + [0, 0], to: &file)
    try writeMessage(schemaMessage(columns, metadata), to: &file)

    let padded = (8 * rows + ArrowFormat.alignment - 1) / ArrowFormat.alignment * ArrowFormat.alignment
    let batchOffset = file.count
    try writeMessage(batchMessage(columns: columns.count, rows: rows, padded: padded), to: &file)
    let metadataLength = file.count - batchOffset
    let padding = [UInt8](repeating: 0, count: padded - 8 * rows)
    for column in columns {
      try file.write(column.bytes)
      try write(padding, to: &file)
    }

    try write(words: [ArrowFormat.continuation, 0], to: &file)
    var footer = FlatBufferBuilder()
    let block: [Int64] = [Int64(batchOffset), Int64(metadataLength), Int64(padded * columns.count)]
    let blocks = footer.vector(ofStructs: [block])
    let schema = appendSchema(columns, metadata, to: &footer)
    let root = footer.table([
      (ArrowFormat.FooterSlot.version, .int16(ArrowFormat.version5)),
      (ArrowFormat.FooterSlot.schema, .offset(schema)),
      (ArrowFormat.FooterSlot.recordBatches, .offset(blocks)),
    ])
    let bytes = footer.finish(root: root)
    try write(bytes, to: &file)
    try write(words: [UInt32(bytes.count)], to: &file)
    try write(ArrowFormat.magic, to: &file)
    return try file.commit()
  }

  private static func schemaMessage(_ columns: [ArrowColumn], _ metadata: [ArrowMetadata]) -> [UInt8] {
    var builder = FlatBufferBuilder()
    let schema = appendSchema(columns, metadata, to: &builder)
    return message(&builder, type: ArrowFormat.Header.schema, header: schema, bodyLength: 0)
  }

  private static func batchMessage(columns: Int, rows: Int, padded: Int) -> [UInt8] {
    var builder = FlatBufferBuilder()
    // Two buffers a column: the validity bitmap, absent because nothing is null, and the values.
    let buffers = builder.vector(
      ofStructs: (0..<columns).flatMap { column -> [[Int64]] in
        let offset = Int64(column * padded)
        return [[offset, 0], [offset, Int64(8 * rows)]]
      })
    let nodes = builder.vector(ofStructs: (0..<columns).map { _ in [Int64(rows), 0] })
    let batch = builder.table([
      (ArrowFormat.BatchSlot.length, .int64(Int64(rows))),
      (ArrowFormat.BatchSlot.nodes, .offset(nodes)),
      (ArrowFormat.BatchSlot.buffers, .offset(buffers)),
    ])
    return message(
      &builder, type: ArrowFormat.Header.recordBatch, header: batch, bodyLength: Int64(padded * columns))
  }

  private static func message(
    _ builder: inout FlatBufferBuilder, type: UInt8, header: FlatBufferBuilder.Position, bodyLength: Int64
  ) -> [UInt8] {
    let root = builder.table([
      (ArrowFormat.MessageSlot.version, .int16(ArrowFormat.version5)),
      (ArrowFormat.MessageSlot.headerType, .uint8(type)),
      (ArrowFormat.MessageSlot.header, .offset(header)),
      (ArrowFormat.MessageSlot.bodyLength, .int64(bodyLength)),
    ])
    return builder.finish(root: root)
  }

  private static func appendSchema(
    _ columns: [ArrowColumn], _ metadata: [ArrowMetadata], to builder: inout FlatBufferBuilder
  ) -> FlatBufferBuilder.Position {
    let fields = columns.map { column -> FlatBufferBuilder.Position in
      let children = builder.vector(of: [])
      let name = builder.string(column.name)
      let isInteger = if case .int64 = column.values { true } else { false }
      let type =
        isInteger
        ? builder.table([(0, .int32(64)), (1, .uint8(1))])
        : builder.table([(0, .int16(ArrowFormat.doublePrecision))])
      return builder.table([
        (ArrowFormat.FieldSlot.name, .offset(name)),
        (
          ArrowFormat.FieldSlot.typeType,
          .uint8(isInteger ? ArrowFormat.integerType : ArrowFormat.floatingPointType)
        ),
        (ArrowFormat.FieldSlot.type, .offset(type)),
        (ArrowFormat.FieldSlot.children, .offset(children)),
      ])
    }
    let pairs = metadata.map { entry -> FlatBufferBuilder.Position in
      let key = builder.string(entry.key)
      let value = builder.string(entry.value)
      return builder.table([(0, .offset(key)), (1, .offset(value))])
    }
    let metadataVector = builder.vector(of: pairs)
    let fieldVector = builder.vector(of: fields)
    return builder.table([
      (ArrowFormat.SchemaSlot.fields, .offset(fieldVector)),
      (ArrowFormat.SchemaSlot.metadata, .offset(metadataVector)),
    ])
  }

  /// Frames a message so that what follows it stands on a 64-byte boundary of the file.
  private static func writeMessage(_ bytes: [UInt8], to file: inout DurableFileWriter) throws {
    let end = file.count + 8 + bytes.count
    let padding = (ArrowFormat.alignment - end % ArrowFormat.alignment) % ArrowFormat.alignment
    try write(words: [ArrowFormat.continuation, UInt32(bytes.count + padding)], to: &file)
    try write(bytes + [UInt8](repeating: 0, count: padding), to: &file)
  }

  private static func write(words: [UInt32], to file: inout DurableFileWriter) throws {
    try words.map(\.littleEndian).withUnsafeBytes { try file.write($0) }
  }

  private static func write(_ bytes: [UInt8], to file: inout DurableFileWriter) throws {
    try bytes.withUnsafeBytes { try file.write($0) }
  }
}
