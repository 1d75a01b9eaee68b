/// What a file's footer and record batch say, checked against its size.
struct ArrowLayout {
  struct Refusal: Error { let reason: ArrowError.Reason }

  private(set) var rowCount = 0
  private(set) var columns: [ArrowFile.Column] = []
  private(set) var metadata: [ArrowMetadata] = []

  private let bytes: UnsafeRawBufferPointer
  private var fields: [(name: String, type: ArrowFile.ColumnType)] = []

  init(bytes: UnsafeRawBufferPointer) throws {
    self.bytes = bytes
    let magic = ArrowFormat.magic
    guard bytes.count >= 8 + 4 + magic.count, bytes.prefix(magic.count).elementsEqual(magic),
      bytes.suffix(magic.count).elementsEqual(magic)
    else { throw Refusal(reason: .notArrow) }
    let footerEnd = bytes.count - magic.count - 4
    let whole = FlatBufferReader(bytes: bytes)
    let footerSize = Int(try whole.load(UInt32.self, at: footerEnd, "the footer's length"))
    guard footerSize >= 8, footerSize <= footerEnd - 8 else {
      throw FlatBufferReader.Damage(place: "the footer is longer than the file")
    }
    let footer = try reader(footerEnd - footerSize, footerSize).root("footer")
    guard let schema = try footer.table(ArrowFormat.FooterSlot.schema, "schema") else {
      throw FlatBufferReader.Damage(place: "the footer has no schema")
    }
    try readSchema(schema)
    let slot = ArrowFormat.FooterSlot.recordBatches
    let blocks = try footer.vector(slot, elementSize: 24, "the list of record batches")
    switch blocks?.count ?? 0 {
    // pyarrow writes a table without rows as no batch at all.
    case 0: columns = fields.map { ArrowFile.Column(name: $0.name, type: $0.type, offset: 0) }
    case 1: try readBlock(blocks)
    case let count: throw Refusal(reason: .severalBatches(count))
    }
  }

  private func reader(_ start: Int, _ count: Int) -> FlatBufferReader {
    FlatBufferReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
  }

  private mutating func readSchema(_ schema: FlatTable) throws {
    guard try schema.value(ArrowFormat.SchemaSlot.endianness, Int16(0)) == 0 else {
      throw Refusal(reason: .bigEndian)
    }
    if let pairs = try schema.vector(ArrowFormat.SchemaSlot.metadata, elementSize: 4, "metadata entry") {
      for pair in try pairs.tables() {
        metadata.append(ArrowMetadata(try pair.string(0) ?? "", try pair.string(1) ?? ""))
      }
    }
    let list = try schema.vector(ArrowFormat.SchemaSlot.fields, elementSize: 4, "column")
    for field in try list?.tables() ?? [] { fields.append(try readField(field)) }
    var names: Set<String> = []
    for (name, _) in fields where !names.insert(name).inserted {
      throw FlatBufferReader.Damage(place: "two columns are called \(name)")
    }
  }

  private func readField(_ field: FlatTable) throws -> (name: String, type: ArrowFile.ColumnType) {
    let name = try field.string(ArrowFormat.FieldSlot.name) ?? ""
    let kind = try field.value(ArrowFormat.FieldSlot.typeType, UInt8(0))
    let type = try field.table(ArrowFormat.FieldSlot.type, "the type of column \(name)")
    func refuse(_ type: String) -> Refusal { Refusal(reason: .unsupportedColumn(name: name, type: type)) }
    if try field.table(ArrowFormat.FieldSlot.dictionary, "the dictionary of column \(name)") != nil {
      throw refuse("dictionary")
    }
    switch kind {
    case ArrowFormat.integerType:
      let width = try type?.value(0, Int32(0)) ?? 0
      let isSigned = try type?.value(1, UInt8(0)) ?? 0
      guard width == 64, isSigned == 1 else { throw refuse("\(isSigned == 1 ? "int" : "uint")\(width)") }
      return (name, .int64)
    case ArrowFormat.floatingPointType:
      let precision = try type?.value(0, Int16(0)) ?? 0
      guard precision == ArrowFormat.doublePrecision else { throw refuse(precision == 1 ? "float32" : "float16") }
      return (name, .float64)
    default:
      let names = ArrowFormat.typeNames
      throw refuse(Int(kind) < names.count ? names[Int(kind)] : "number \(kind)")
    }
  }

  private mutating func readBlock(_ blocks: FlatVector?) throws {
    guard let blocks else { return }
    let offset = try blocks.word(0, 0, of: 3)
    let metadataLength = Int64(Int32(truncatingIfNeeded: try blocks.word(0, 1, of: 3)))
    let bodyLength = try blocks.word(0, 2, of: 3)
    let size = Int64(bytes.count)
    guard offset >= 8, offset <= size, metadataLength >= 8, metadataLength <= size - offset,
      bodyLength >= 0, bodyLength <= size - offset - metadataLength
    else { throw FlatBufferReader.Damage(place: "the record batch lies outside the file") }
    let start = Int(offset)
    // Files of format version 4 have no continuation marker before the length.
    let isFramed = try FlatBufferReader(bytes: bytes).load(UInt32.self, at: start, "batch") == ArrowFormat.continuation
    let prefix = isFramed ? 8 : 4
    let message = try reader(start + prefix, Int(metadataLength) - prefix).root("record batch message")
    guard try message.value(ArrowFormat.MessageSlot.headerType, UInt8(0)) == ArrowFormat.Header.recordBatch,
      let batch = try message.table(ArrowFormat.MessageSlot.header, "record batch")
    else { throw FlatBufferReader.Damage(place: "the footer points to something that is no record batch") }
    try readBatch(batch, body: start + Int(metadataLength), bodyLength: bodyLength)
  }

  private mutating func readBatch(_ batch: FlatTable, body: Int, bodyLength: Int64) throws {
    if try batch.table(ArrowFormat.BatchSlot.compression, "compression") != nil {
      throw Refusal(reason: .compressed)
    }
    let rows = try batch.value(ArrowFormat.BatchSlot.length, Int64(0))
    guard rows >= 0, rows <= bodyLength / 8 || fields.isEmpty else {
      throw FlatBufferReader.Damage(place: "\(rows) rows do not fit into the record batch")
    }
    guard let nodes = try batch.vector(ArrowFormat.BatchSlot.nodes, elementSize: 16, "the list of column lengths"),
      let buffers = try batch.vector(ArrowFormat.BatchSlot.buffers, elementSize: 16, "the list of buffers"),
      nodes.count == fields.count, buffers.count == 2 * fields.count
    else { throw FlatBufferReader.Damage(place: "the record batch does not match the schema") }
    for (index, field) in fields.enumerated() {
      guard try nodes.word(index, 0, of: 2) == rows else {
        throw FlatBufferReader.Damage(place: "column \(field.name) has another length than its batch")
      }
      let nulls = try nodes.word(index, 1, of: 2)
      guard nulls == 0 else { throw Refusal(reason: .nulls(column: field.name, count: nulls)) }
      let offset = try buffers.word(2 * index + 1, 0, of: 2)
      let length = try buffers.word(2 * index + 1, 1, of: 2)
      guard offset >= 0, offset <= bodyLength, length >= 8 * rows, length <= bodyLength - offset else {
        throw FlatBufferReader.Damage(place: "the values of column \(field.name) lie outside the record batch")
      }
      let place = body + Int(offset)
      guard place % 8 == 0 || rows == 0 else { throw Refusal(reason: .misaligned(column: field.name)) }
      columns.append(ArrowFile.Column(name: field.name, type: field.type, offset: place))
    }
    rowCount = fields.isEmpty ? 0 : Int(rows)
  }
}
