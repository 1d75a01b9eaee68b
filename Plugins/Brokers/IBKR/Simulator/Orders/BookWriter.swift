import Glibc

/// The gateway's own book as lines of JSON: who gave which order, what became of it, every trade. A line is written with
/// one call at the moment of the change, so that what a killed client was told, and what it was not, can be seen after it.
final class BookWriter {
  private let file: Int32
  private var count = 0
  /// Hears of every event.
  var listener: ((String) -> Void)?

  /// - Throws: ``GatewayError`` when the file cannot be written.
  init(path: String?) throws(GatewayError) {
    guard let path else {
      file = -1
      return
    }
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if file < 0 { throw GatewayError("\(path): \(String(cString: strerror(errno)))") }
  }

  deinit { if file >= 0 { close(file) } }

  func tell(_ event: String, _ now: Int64, _ fill: (inout JSONLine) -> Void = { _ in }) {
    count += 1
    var line = JSONLine()
    line.put("n", count)
    line.put("time", now)
    line.put("event", event)
    fill(&line)
    defer { listener?(event) }
    guard file >= 0 else { return }
    var text = line.line + "\n"
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let n = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if n < 0, errno == EINTR { continue }
        if n <= 0 { return }
        done += n
      }
    }
  }
}

extension Core {
  func tell(_ event: String, _ order: BookOrder, _ fill: (inout JSONLine) -> Void = { _ in }) {
    book.tell(event, now) { line in
      line.put("client", order.clientId)
      line.put("order", order.orderId)
      line.put("perm", order.permId)
      line.put("ref", order.order.orderRef)
      line.put("symbol", order.instrument.symbol)
      line.put("action", order.order.action)
      line.put("type", order.order.orderType)
      line.put("tif", order.order.tif)
      line.put("quantity", order.total.decimal.description)
      line.put("filled", order.filled.decimal.description)
      if let price = order.order.lmtPrice { line.put("limit", price) }
      if let price = order.stopPrice ?? order.order.auxPrice { line.put("stop", price) }
      if order.order.parentId != 0 { line.put("parent", order.order.parentId) }
      line.put("status", order.status)
      fill(&line)
    }
  }

  func tell(_ event: String, _ execution: BookExecution) {
    tell(event, execution.order) { line in
      line.put("execution", execution.id(options.seed))
      line.put("shares", execution.size.decimal.description)
      line.put("price", execution.price)
      line.put("commission", execution.commission)
    }
  }
}
