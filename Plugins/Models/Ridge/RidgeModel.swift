import AlphaLoopSDK

/// A fitted ridge regression.
///
/// As bytes, little-endian: "ALRG", u32 version, u32 features p, u32 0, u64 rows trained on, f64 intercept, then p means,
/// p scales and p coefficients (f64), then u32 CRC-32C of everything before it.
struct RidgeModel: TrainedModel {
  static let version: UInt32 = 1
  private static let magic: [UInt8] = Array("ALRG".utf8)
  private static let header = 32

  let intercept: Double
  let means: [Double]
  let scales: [Double]
  /// Of standardised features.
  let coefficients: [Double]
  let rows: UInt64

  var outputs: Int { 1 }

  init(intercept: Double, means: [Double], scales: [Double], coefficients: [Double], rows: UInt64) {
    self.intercept = intercept
    self.means = means
    self.scales = scales
    self.coefficients = coefficients
    self.rows = rows
  }

  func predict(_ matrix: Matrix, into out: UnsafeMutableBufferPointer<Double>) throws(PluginError) {
    guard matrix.columns == coefficients.count else {
      throw .data("the model was trained on \(coefficients.count) features; these rows have \(matrix.columns)")
    }
    for i in 0..<matrix.rows {
      let row = matrix.row(i)
      var sum = intercept
      for j in 0..<row.count where scales[j] != 0 { sum += coefficients[j] * ((Double(row[j]) - means[j]) / scales[j]) }
      out[i] = row.allSatisfy { $0.isFinite } ? sum : .nan
    }
  }

  func encode() -> [UInt8] {
    var bytes = Self.magic
    func put(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    put(Self.version)
    put(UInt32(coefficients.count))
    put(UInt32(0))
    put(rows)
    put(intercept.bitPattern)
    for value in means + scales + coefficients { put(value.bitPattern) }
    put(CRC32C.of(bytes[...]))
    return bytes
  }

  init(decoding bytes: [UInt8]) throws(PluginError) {
    func word(_ at: Int, _ size: Int) -> UInt64 {
      (0..<size).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }
    guard bytes.count >= Self.header + 4, bytes.starts(with: Self.magic) else {
      throw .data("\(bytes.count) bytes that are not a ridge model")
    }
    guard word(4, 4) == UInt64(Self.version) else {
      throw .data("a ridge model of version \(word(4, 4)); this library reads version \(Self.version)")
    }
    let p = Int(word(8, 4))
    guard bytes.count == Self.header + 24 * p + 4 else {
      throw .data("a ridge model of \(p) features has \(Self.header + 24 * p + 4) bytes, not \(bytes.count)")
    }
    guard word(bytes.count - 4, 4) == UInt64(CRC32C.of(bytes.dropLast(4))) else {
      throw .data("the ridge model's checksum is wrong: the bytes were changed or damaged")
    }
    func values(_ block: Int) -> [Double] {
      (0..<p).map { Double(bitPattern: word(Self.header + 8 * (block * p + $0), 8)) }
    }
    self.init(
      intercept: Double(bitPattern: word(24, 8)), means: values(0), scales: values(1), coefficients: values(2),
      rows: word(16, 8))
  }
}

/// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xFF)] }
  }
}
