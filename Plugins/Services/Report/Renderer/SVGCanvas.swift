/// A small SVG writer: lines, paths, rectangles and text, styled by the classes of the page's style sheet.
///
/// Coordinates are rounded to a tenth of a unit, so that equal input gives equal bytes whatever the last bit of a sum.
struct SVGCanvas {
  let width: Double
  let height: Double
  private var content: [HTML] = []

  enum Anchor: String {
    case start, middle, end
  }

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// The finished image.
  ///
  /// - Parameter label: what a reader who cannot see it is told.
  func image(label: String) -> HTML {
    let viewBox = "0 0 \(Self.coordinate(width)) \(Self.coordinate(height))"
    return .element("svg", ["viewBox": viewBox, "role": "img", "aria-label": label], content)
  }

  mutating func line(from: (x: Double, y: Double), to: (x: Double, y: Double), style: String) {
    let data =
      "M\(Self.coordinate(from.x)) \(Self.coordinate(from.y))L\(Self.coordinate(to.x)) \(Self.coordinate(to.y))"
    content.append(.leaf("path", ["class": style, "d": data]))
  }

  mutating func rectangle(x: Double, y: Double, width: Double, height: Double, style: String, title: String = "") {
    let attributes: HTML.Attributes = [
      "class": style, "x": Self.coordinate(x), "y": Self.coordinate(y),
      "width": Self.coordinate(max(0, width)),
      "height": Self.coordinate(max(0, height)),
    ]
    content.append(
      title.isEmpty ? .leaf("rect", attributes) : .element("rect", attributes, [.element("title", [:], title)]))
  }

  mutating func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String) {
    content.append(
      .element(
        "text",
        [
          "class": style, "x": Self.coordinate(x), "y": Self.coordinate(y), "text-anchor": anchor.rawValue,
        ], text))
  }

  /// A line through points; a gap (nil) ends one stretch and begins another.
  mutating func polyline(_ points: [(x: Double, y: Double)?], style: String) {
    let data = Self.stretches(points).map { Self.path($0) }.joined()
    if !data.isEmpty { content.append(.leaf("path", ["class": style, "d": data])) }
  }

  /// The area between points and a horizontal line.
  mutating func area(_ points: [(x: Double, y: Double)?], baseline: Double, style: String) {
    let data = Self.stretches(points).compactMap { stretch -> String? in
      guard let first = stretch.first, let last = stretch.last else { return nil }
      return Self.path([(first.x, baseline)] + stretch + [(last.x, baseline)]) + "z"
    }.joined()
    if !data.isEmpty { content.append(.leaf("path", ["class": style, "d": data])) }
  }

  private static func stretches(_ points: [(x: Double, y: Double)?]) -> [[(x: Double, y: Double)]] {
    points.split(whereSeparator: { $0 == nil }).map { $0.compactMap { $0 } }
  }

  /// Relative steps between points rounded to tenths: short, and free of accumulated rounding.
  private static func path(_ points: [(x: Double, y: Double)]) -> String {
    var data = ""
    var last = (x: 0, y: 0)
    for (index, point) in points.enumerated() {
      let next = (x: tenths(point.x), y: tenths(point.y))
      data += index == 0 ? "M" : index == 1 ? "l" : " "
      let (x, y) = index == 0 ? next : (next.x - last.x, next.y - last.y)
      data += "\(decimal(x)) \(decimal(y))"
      last = next
    }
    return points.count == 1 ? data + "h0" : data
  }

  static func coordinate(_ number: Double) -> String { decimal(tenths(number)) }

  private static func tenths(_ number: Double) -> Int { Int((max(-1e6, min(1e6, number)) * 10).rounded()) }

  private static func decimal(_ tenths: Int) -> String {
    let (whole, tenth) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return (tenths < 0 ? "-" : "") + (tenth == 0 ? String(whole) : (whole == 0 ? "" : String(whole)) + ".\(tenth)")
  }
}
