import CAlphaLoop

/// A report and its text, which the row points to only while it is handed over.
public struct OrderReport: @unchecked Sendable {
  public var row: al_report_v1
  public var text: String

  init(_ kind: UInt16, _ record: OrderRecord? = nil, ts: Int64, code: Int32 = 0, text: String = "") {
    row = al_report_v1()
    row.kind = kind
    row.ts = ts
    row.code = code
    row.remaining = -1
    row.instrument = record?.instrument ?? AL_NONE
    self.text = text
    guard let record else { return }
    row.id = record.key.id
    row.broker_id = Int64(record.alias)
    row.remaining = record.remaining
    row.quantity = record.row?.quantity ?? 0
  }

  /// Health of one layer.
  init(layer: Int64, state: UInt32, code: Int64, ts: Int64, text: String) {
    self.init(AL_REPORT_CONNECTION, ts: ts, code: Int32(bitPattern: state), text: text)
    row.broker_id = layer
    row.quantity = code
  }
}
