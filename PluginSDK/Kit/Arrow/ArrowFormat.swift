/// The numbers of the Arrow columnar format that this subset uses (Arrow "Columnar Format" 1.x: File.fbs, Message.fbs,
/// Schema.fbs). Slots are the field order in those schemas.
enum ArrowFormat {
  static let magic: [UInt8] = Array("ARROW1".utf8)
  static let continuation: UInt32 = 0xFFFF_FFFF
  /// Column alignment in the file, and with it in a mapping: a cache line.
  static let alignment = 64
  static let version5: Int16 = 4

  enum Header { static let schema: UInt8 = 1, recordBatch: UInt8 = 3 }
  enum MessageSlot { static let version = 0, headerType = 1, header = 2, bodyLength = 3 }
  enum SchemaSlot { static let endianness = 0, fields = 1, metadata = 2 }
  enum FieldSlot { static let name = 0, nullable = 1, typeType = 2, type = 3, dictionary = 4, children = 5 }
  enum BatchSlot { static let length = 0, nodes = 1, buffers = 2, compression = 3 }
  enum FooterSlot { static let version = 0, schema = 1, dictionaries = 2, recordBatches = 3 }

  static let integerType: UInt8 = 2
  static let floatingPointType: UInt8 = 3
  static let doublePrecision: Int16 = 2

  /// The names of the union `Type`, for messages about columns outside the subset.
  static let typeNames = [
    "none", "null", "integer", "floating point", "binary", "utf8", "boolean", "decimal", "date", "time", "timestamp",
    "interval", "list", "struct", "union", "fixed-size binary", "fixed-size list", "map", "duration", "large binary",
    "large utf8", "large list", "run-end encoded", "binary view", "utf8 view", "list view", "large list view",
  ]
}
