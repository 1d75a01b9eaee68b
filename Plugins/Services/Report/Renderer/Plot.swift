/// Charts on an `SVGCanvas`: lines over time, columns, horizontal bars.
struct Plot {
  static let width = 640.0
  private static let left = 62.0
  private static let right = 12.0
  private static let top = 12.0
  private static let bottom = 26.0

  struct Series {
    var name: String
    var style: String
    /// Days since 1970 and values; nil values are gaps.
    var points: [(x: Double, y: Double?)]
    var isFilled = false
  }

  /// A shaded stretch of time.
  struct Band {
    var from: Double
    var to: Double
    var label: String
  }

  private var canvas: SVGCanvas
  private let x: Axis
  private let y: Axis
  private let height: Double

  private init(height: Double, x: Axis, y: Axis, watermark: String) {
    canvas = SVGCanvas(width: Self.width, height: height)
    self.x = x
    self.y = y
    self.height = height
    if !watermark.isEmpty {
      canvas.text(watermark, x: Self.width / 2 + 25, y: height / 2 + 12, anchor: .middle, style: "wm")
    }
  }

  private func pixelX(_ value: Double) -> Double {
    Self.left + x.position(value) * (Self.width - Self.left - Self.right)
  }

  private func pixelY(_ value: Double) -> Double {
    height - Self.bottom - y.position(value) * (height - Self.top - Self.bottom)
  }

  private mutating func drawHorizontalGrid() {
    for tick in y.ticks {
      let position = pixelY(tick.value)
      let isZero = tick.value == 0 && !y.isLogarithmic
      canvas.line(from: (Self.left, position), to: (Self.width - Self.right, position), style: isZero ? "ax" : "gr")
      canvas.text(tick.label, x: Self.left - 6, y: position + 4, anchor: .end, style: "tk")
    }
  }

  private mutating func drawTimeTicks() {
    for tick in x.ticks {
      let position = pixelX(tick.value)
      canvas.line(from: (position, height - Self.bottom), to: (position, height - Self.bottom + 4), style: "ax")
      let isNearEdge = position > Self.width - 40
      canvas.text(
        tick.label, x: isNearEdge ? Self.width - 2 : position, y: height - 7, anchor: isNearEdge ? .end : .middle,
        style: "tk")
    }
  }

  /// Lines over time.
  static func lines(
    _ series: [Series], height: Double = 230, y: Axis, bands: [Band] = [], label: String, watermark: String
  ) -> HTML {
    let times = series.flatMap { $0.points.map(\.x) }
    var plot = Plot(
      height: height, x: .time(from: times.min() ?? 0, to: times.max() ?? 1), y: y, watermark: watermark)
    for band in bands {
      let from = plot.pixelX(band.from)
      let width = max(1, plot.pixelX(band.to) - from)
      plot.canvas.rectangle(
        x: from, y: top, width: width, height: height - top - bottom, style: "bd", title: band.label)
      plot.canvas.text(String(band.label.prefix(1)), x: from + width / 2, y: top + 12, anchor: .middle, style: "bl")
    }
    plot.drawHorizontalGrid()
    plot.drawTimeTicks()
    for one in series {
      let points = plot.decimated(one.points)
      if one.isFilled {
        let baseline = plot.pixelY(max(y.lower, min(y.upper, 0)))
        plot.canvas.area(points, baseline: baseline, style: one.style + "a")
      }
      plot.canvas.polyline(points, style: one.style)
    }
    return plot.canvas.image(label: label)
  }

  /// At most the lowest and the highest point of each unit of width, in order of time: no peak or trough is lost.
  private func decimated(_ points: [(x: Double, y: Double?)]) -> [(x: Double, y: Double)?] {
    var result: [(x: Double, y: Double)?] = []
    var column = Int.min
    var lowest: (index: Int, x: Double, y: Double)?
    var highest: (index: Int, x: Double, y: Double)?
    func flush() {
      guard let low = lowest, let high = highest else { return }
      let ordered = low.index == high.index ? [low] : low.index < high.index ? [low, high] : [high, low]
      result += ordered.map { ($0.x, $0.y) }
    }
    for (index, point) in points.enumerated() {
      guard let value = point.y else {
        flush()
        (lowest, highest) = (nil, nil)
        if let last = result.last, last != nil { result.append(nil) }
        continue
      }
      let px = pixelX(point.x)
      let py = pixelY(value)
      if Int(px) != column {
        flush()
        column = Int(px)
        (lowest, highest) = (nil, nil)
      }
      if lowest.map({ py < $0.y }) ?? true { lowest = (index, px, py) }
      if highest.map({ py > $0.y }) ?? true { highest = (index, px, py) }
    }
    flush()
    return result
  }

  struct Column {
    var label: String
    /// One value a series, nil where there is none.
    var values: [Double?]
    var title: String
  }

  /// Columns from zero, side by side where there are several series.
  ///
  /// - Parameter styles: one class a series; with a single series gains and losses take the classes `up` and `dn`.
  static func columns(
    _ columns: [Column], styles: [String], height: Double = 200, y: Axis, gap: Double = 0.25, label: String,
    watermark: String
  ) -> HTML {
    let count = Double(columns.count)
    var plot = Plot(
      height: height, x: Axis(lower: 0, upper: max(1, count), isLogarithmic: false, ticks: []), y: y,
      watermark: watermark)
    plot.drawHorizontalGrid()
    let every = max(1, Int((count / 8).rounded(.up)))
    for (index, column) in columns.enumerated() {
      let slot = (1 - gap) / Double(max(1, styles.count))
      for (series, value) in column.values.enumerated() {
        guard let value else { continue }
        let from = plot.pixelX(Double(index) + gap / 2 + slot * Double(series))
        let to = plot.pixelX(Double(index) + gap / 2 + slot * Double(series + 1))
        let zero = plot.pixelY(max(y.lower, min(y.upper, 0)))
        let end = plot.pixelY(value)
        let style = styles.count == 1 && styles[0].isEmpty ? (value < 0 ? "dn" : "up") : styles[series]
        plot.canvas.rectangle(
          x: from, y: min(zero, end), width: to - from, height: abs(end - zero), style: style, title: column.title)
      }
      if index % every == 0, !column.label.isEmpty {
        plot.canvas.text(
          column.label, x: plot.pixelX(Double(index) + 0.5), y: height - 7, anchor: .middle, style: "tk")
      }
    }
    return plot.canvas.image(label: label)
  }

  struct Bar {
    var label: String
    var value: Double
    var text: String
  }

  /// One horizontal bar a row, gains to the right of zero and losses to the left; labels stand left, values right.
  static func bars(_ bars: [Bar], label: String, watermark: String) -> HTML {
    let rowHeight = 26.0
    let height = rowHeight * Double(bars.count) + 12
    let labelWidth = 190.0
    let valueWidth = 110.0
    var canvas = SVGCanvas(width: width, height: height)
    if !watermark.isEmpty { canvas.text(watermark, x: width / 2, y: height / 2 + 12, anchor: .middle, style: "wm") }
    let lowest = min(0, bars.map(\.value).min() ?? 0)
    let highest = max(0, bars.map(\.value).max() ?? 0)
    let span = highest > lowest ? highest - lowest : 1
    func position(_ value: Double) -> Double {
      labelWidth + (value - lowest) / span * (width - labelWidth - valueWidth)
    }
    let zero = position(0)
    for (index, bar) in bars.enumerated() {
      let y = 6 + rowHeight * Double(index)
      let end = position(bar.value)
      canvas.text(shortened(bar.label, to: 26), x: labelWidth - 8, y: y + 17, anchor: .end, style: "tk")
      canvas.rectangle(
        x: min(zero, end), y: y + 4, width: abs(end - zero), height: rowHeight - 8, style: bar.value < 0 ? "dn" : "up",
        title: bar.label + ": " + bar.text)
      canvas.text(bar.text, x: width - 2, y: y + 17, anchor: .end, style: "tk")
    }
    canvas.line(from: (zero, 4), to: (zero, height - 4), style: "ax")
    return canvas.image(label: label)
  }

  private static func shortened(_ text: String, to length: Int) -> String {
    text.count <= length ? text : text.prefix(length - 1) + "…"
  }
}
