/// Lays out a FlatBuffers message by hand (FlatBuffers "Internals": tables, vtables, vectors), as far as Arrow needs it.
///
/// The format is written from its end to its start, since an offset points forward to what must exist already. The bytes
/// are therefore kept reversed until `finish`. A position counts bytes from the end of the finished buffer.
struct FlatBufferBuilder {
  typealias Position = Int

  enum Field {
    case offset(Position)
    case uint8(UInt8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)

    var width: Int {
      switch self {
      case .uint8: 1
      case .int16: 2
      case .offset, .int32: 4
      case .int64: 8
      }
    }
  }

  private var reversed: [UInt8] = []

  private mutating func align(after count: Int, to alignment: Int) {
    while (reversed.count + count) % alignment != 0 { reversed.append(0) }
  }

  private mutating func prepend<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { reversed.append(contentsOf: $0.reversed()) }
  }

  mutating func string(_ text: String) -> Position {
    let bytes = Array(text.utf8)
    align(after: bytes.count + 1, to: 4)
    reversed.append(0)
    reversed.append(contentsOf: bytes.reversed())
    prepend(UInt32(bytes.count))
    return reversed.count
  }

  mutating func vector(of positions: [Position]) -> Position {
    align(after: 4 * positions.count, to: 4)
    for position in positions.reversed() { prepend(UInt32(reversed.count + 4 - position)) }
    prepend(UInt32(positions.count))
    return reversed.count
  }

  /// A vector of structs, each given as its 64-bit words.
  mutating func vector(ofStructs structs: [[Int64]]) -> Position {
    align(after: 8 * structs.reduce(0) { $0 + $1.count }, to: 8)
    for words in structs.reversed() { for word in words.reversed() { prepend(word) } }
    prepend(UInt32(structs.count))
    return reversed.count
  }

  /// A table with its fields by slot.
  mutating func table(_ fields: [(slot: Int, value: Field)]) -> Position {
    var places: [(slot: Int, at: Int, value: Field)] = []
    var size = 4
    // Widest first, so that alignment costs no holes but the first.
    for width in [8, 4, 2, 1] {
      for field in fields where field.value.width == width {
        size = (size + width - 1) / width * width
        places.append((field.slot, size, field.value))
        size += width
      }
    }
    size = (size + 3) / 4 * 4
    align(after: size, to: 8)
    let table = reversed.count + size
    var bytes = [UInt8](repeating: 0, count: size)
    var vtable = [UInt16](repeating: 0, count: (fields.map { $0.slot }.max() ?? -1) + 1)
    for (slot, at, value) in places {
      vtable[slot] = UInt16(at)
      switch value {
      case .offset(let target): store(UInt32(table - at - target), at, &bytes)
      case .uint8(let value): store(value, at, &bytes)
      case .int16(let value): store(value, at, &bytes)
      case .int32(let value): store(value, at, &bytes)
      case .int64(let value): store(value, at, &bytes)
      }
    }
    store(Int32(4 + 2 * vtable.count), 0, &bytes)
    reversed.append(contentsOf: bytes.reversed())
    for entry in vtable.reversed() { prepend(entry) }
    prepend(UInt16(size))
    prepend(UInt16(4 + 2 * vtable.count))
    return table
  }

  private func store<Value: FixedWidthInteger>(_ value: Value, _ at: Int, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { for (index, byte) in $0.enumerated() { bytes[at + index] = byte } }
  }

  /// The finished message, its length a multiple of 8.
  consuming func finish(root: Position) -> [UInt8] {
    align(after: 4, to: 8)
    prepend(UInt32(reversed.count + 4 - root))
    return reversed.reversed()
  }
}
