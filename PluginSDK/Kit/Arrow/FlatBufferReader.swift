/// Reads FlatBuffers from bytes that nobody vouches for: every offset is checked before it is followed.
struct FlatBufferReader {
  /// A place in the bytes that contradicts the format.
  struct Damage: Error { let place: String }

  let bytes: UnsafeRawBufferPointer

  func load<Value: FixedWidthInteger>(_ type: Value.Type, at position: Int, _ place: String) throws(Damage) -> Value {
    guard position >= 0, position <= bytes.count - MemoryLayout<Value>.size else {
      throw Damage(place: "\(place) lies outside the message")
    }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
  }

  func root(_ place: String) throws(Damage) -> FlatTable {
    let offset = try load(UInt32.self, at: 0, place)
    return try FlatTable(reader: self, position: Int(offset), place: place)
  }
}

/// A table whose vtable has been checked: the fields it names lie inside it.
struct FlatTable {
  let reader: FlatBufferReader
  let position: Int
  let place: String
  private let vtable: Int
  private let slotCount: Int
  private let size: Int

  init(reader: FlatBufferReader, position: Int, place: String) throws(FlatBufferReader.Damage) {
    self.reader = reader
    self.position = position
    self.place = place
    let distance = try reader.load(Int32.self, at: position, place)
    vtable = position - Int(distance)
    let vtableSize = Int(try reader.load(UInt16.self, at: vtable, place))
    size = Int(try reader.load(UInt16.self, at: vtable + 2, place))
    guard vtableSize >= 4, vtableSize % 2 == 0, vtable + vtableSize <= reader.bytes.count,
      size >= 4, position + size <= reader.bytes.count
    else { throw .init(place: "the table \(place) has an impossible size") }
    slotCount = (vtableSize - 4) / 2
  }

  /// The place of a field's bytes, or nil when it is absent and has its default.
  private func field(_ slot: Int, width: Int) throws(FlatBufferReader.Damage) -> Int? {
    guard slot < slotCount else { return nil }
    let offset = Int(try reader.load(UInt16.self, at: vtable + 4 + 2 * slot, place))
    guard offset != 0 else { return nil }
    guard offset >= 4, offset + width <= size else { throw .init(place: "field \(slot) of \(place) leaves its table") }
    return position + offset
  }

  func value<Value: FixedWidthInteger>(_ slot: Int, _ fallback: Value) throws(FlatBufferReader.Damage) -> Value {
    guard let at = try field(slot, width: MemoryLayout<Value>.size) else { return fallback }
    return try reader.load(Value.self, at: at, place)
  }

  private func target(_ slot: Int) throws(FlatBufferReader.Damage) -> Int? {
    guard let at = try field(slot, width: 4) else { return nil }
    return at + Int(try reader.load(UInt32.self, at: at, place))
  }

  func table(_ slot: Int, _ name: String) throws(FlatBufferReader.Damage) -> FlatTable? {
    guard let position = try target(slot) else { return nil }
    return try FlatTable(reader: reader, position: position, place: name)
  }

  func string(_ slot: Int) throws(FlatBufferReader.Damage) -> String? {
    guard let vector = try vector(slot, elementSize: 1, "a text of \(place)") else { return nil }
    return String(decoding: reader.bytes[vector.start..<vector.start + vector.count], as: UTF8.self)
  }

  /// Start and element count of a vector that lies inside the bytes.
  func vector(_ slot: Int, elementSize: Int, _ name: String) throws(FlatBufferReader.Damage) -> FlatVector? {
    guard let at = try target(slot) else { return nil }
    let count = Int(try reader.load(UInt32.self, at: at, name))
    guard count <= (reader.bytes.count - at - 4) / elementSize else {
      throw .init(place: "\(name) is longer than the message")
    }
    return FlatVector(reader: reader, start: at + 4, count: count, name: name)
  }
}

struct FlatVector {
  let reader: FlatBufferReader
  let start: Int
  let count: Int
  let name: String

  func tables() throws(FlatBufferReader.Damage) -> [FlatTable] {
    var tables: [FlatTable] = []
    for index in 0..<count {
      let at = start + 4 * index
      let position = at + Int(try reader.load(UInt32.self, at: at, name))
      tables.append(try FlatTable(reader: reader, position: position, place: "\(name) \(index)"))
    }
    return tables
  }

  /// Word `word` of struct `index` in a vector of structs of 64-bit words.
  func word(_ index: Int, _ word: Int, of words: Int) throws(FlatBufferReader.Damage) -> Int64 {
    try reader.load(Int64.self, at: start + 8 * (index * words + word), name)
  }
}
