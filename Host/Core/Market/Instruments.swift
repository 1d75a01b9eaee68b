import CAlphaLoop

/// Reference data of one instrument, as configured.
public struct Instrument: Sendable, Equatable {
  public var symbol: String
  public var uid: UInt64
  public var asset: UInt32
  public var currency: String
  public var venue: String
  public var calendar: String
  public var sector: String
  public var tick: Price
  public var lot: Quantity
  public var multiplier: Quantity
  public var isTradable: Bool
  public var isShortable: Bool

  public init(
    symbol: String, uid: UInt64 = 0, asset: UInt32 = AL_ASSET_EQUITY, currency: String = "USD", venue: String = "",
    calendar: String = "XNYS", sector: String = "", tick: Price = Price(raw: 1_000_000),
    lot: Quantity = Quantity(raw: fixedPointScale), multiplier: Quantity = Quantity(raw: fixedPointScale),
    isTradable: Bool = true, isShortable: Bool = true
  ) {
    self.symbol = symbol
    self.uid = uid
    self.asset = asset
    self.currency = currency
    self.venue = venue
    self.calendar = calendar
    self.sector = sector
    self.tick = tick
    self.lot = lot
    self.multiplier = multiplier
    self.isTradable = isTradable && asset != AL_ASSET_INDEX
    self.isShortable = isShortable
  }
}

/// Copies of strings that live as long as their memory, for structs that cross the boundary.
struct StringMemory {
  let memory: any InputMemory

  func copy(_ text: String) -> al_str_v1 {
    let bytes = Array(text.utf8)
    let target = memory.allocate(CChar.self, count: bytes.count + 1)
    for (i, byte) in bytes.enumerated() { target[i] = CChar(bitPattern: byte) }
    target[bytes.count] = 0
    return al_str_v1(ptr: UnsafePointer(target), len: UInt64(bytes.count))
  }
}

/// A universe in the form that plugins bind to. The same instruments may stand in many universes under other indices.
public struct BoundUniverse {
  public let table: UnsafePointer<al_universe_v1>
  /// Universe index -> engine index.
  public let members: [UInt32]

  public init(_ members: [UInt32], of instruments: [Instrument], memory: any InputMemory) {
    self.members = members
    let strings = StringMemory(memory: memory)
    let list = memory.allocate(UnsafePointer<al_instrument_v1>?.self, count: members.count)
    for (index, member) in members.enumerated() {
      let i = instruments[Int(member)]
      let c = memory.allocate(al_instrument_v1.self, count: 1)
      c.pointee = al_instrument_v1(
        size: UInt32(MemoryLayout<al_instrument_v1>.size), index: UInt32(index), uid: i.uid, asset: i.asset,
        flags: (i.isTradable ? AL_INSTRUMENT_TRADABLE : 0) | (i.isShortable ? AL_INSTRUMENT_SHORTABLE : 0),
        tick: i.tick.raw, lot: i.lot.raw, multiplier: i.multiplier.raw, strike: 0, expiry_ns: 0, right: 0,
        underlying: AL_NONE, symbol: strings.copy(i.symbol), currency: strings.copy(i.currency),
        venue: strings.copy(i.venue), calendar: strings.copy(i.calendar), sector: strings.copy(i.sector))
      list[index] = UnsafePointer(c)
    }
    let table = memory.allocate(al_universe_v1.self, count: 1)
    table.pointee = al_universe_v1(
      size: UInt32(MemoryLayout<al_universe_v1>.size), n: UInt32(members.count), instruments: UnsafePointer(list))
    self.table = UnsafePointer(table)
  }
}
