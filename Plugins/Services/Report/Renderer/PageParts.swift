/// The repeated parts of the page: tables, figures, cells.
struct PageParts {
  let isSynthetic: Bool

  static let synthetic = "SYNTHETIC"

  /// The text across every chart of a synthetic run.
  var watermark: String { isSynthetic ? Self.synthetic : "" }

  /// A heading's text with the mark of a synthetic run.
  func caption(_ text: String) -> HTML {
    isSynthetic ? HTML(text + " ") + .element("span", ["class": "syc"], Self.synthetic) : HTML(text)
  }

  enum Alignment {
    case text, time, number
  }

  struct Column {
    var title: String
    var alignment: Alignment

    init(_ title: String, _ alignment: Alignment = .text) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// A table cell: the text, and a class for its meaning.
  struct Cell {
    var content: HTML
    var tone = ""

    init(_ text: String) { content = HTML(text) }

    /// Money with 2 decimals, coloured by sign; the exact amount on demand.
    init(money: FixedDecimal) {
      content = HTML(money.formatted(decimals: 2))
      tone = money < .zero ? " neg" : money > .zero ? " pos" : ""
    }

    /// A signed number as text.
    init(_ text: String, signOf number: Double) {
      content = HTML(text)
      tone = number < 0 ? " neg" : number > 0 ? " pos" : ""
    }

    init(undefined reason: String) { content = PageParts.dash(reason) }

    init(_ cell: MetricRow.Cell) {
      switch cell {
      case .text(let text): self.init(text)
      case .undefined(let reason): self.init(undefined: reason)
      }
    }
  }

  /// What stands where a number has no meaning, with the reason.
  static func dash(_ reason: String) -> HTML { .element("abbr", ["title": reason], "–") }

  func table(_ title: String, _ columns: [Column], _ rows: [[Cell]]) -> HTML {
    func style(_ index: Int) -> String {
      switch columns[index].alignment {
      case .text: ""
      case .time: "t"
      case .number: "n"
      }
    }
    func cell(_ name: StaticString, _ style: String, _ content: HTML) -> HTML {
      style.isEmpty ? .element(name, [:], [content]) : .element(name, ["class": style], [content])
    }
    let head = columns.enumerated().map { cell("th", style($0), HTML($1.title)) }
    let body = rows.map { row in
      HTML.element("tr", [:], row.enumerated().map { cell("td", trimmed(style($0) + $1.tone), $1.content) })
    }
    return .element(
      "div", ["class": "wide"],
      [
        .element(
          "table", columns.count > 9 ? ["class": "most"] : columns.count > 6 ? ["class": "many"] : [:],
          [
            .element("caption", [:], [caption(title)]),
            .element("thead", [:], [.element("tr", [:], head)]),
            .element("tbody", [:], [.joined(body, separator: "\n")]),
          ])
      ])
  }

  private func trimmed(_ style: String) -> String { style.hasPrefix(" ") ? String(style.dropFirst()) : style }

  /// A figure with its caption above.
  ///
  /// - Parameter key: the names of the first and second series when there are two.
  func figure(_ title: String, note: String = "", key: [String] = [], _ image: HTML) -> HTML {
    var heading = caption(title)
    if !note.isEmpty { heading += HTML(" ") + .element("small", [:], note) }
    if key.count > 1 {
      let names = zip(["k1", "k2"], key).map { HTML.element("i", ["class": $0], "") + HTML($1) }
      heading += .element("span", ["class": "key"], names)
    }
    return .element("figure", [:], [.element("figcaption", [:], [heading]), image]) + .literal("\n")
  }

  func section(_ title: String, _ content: [HTML]) -> HTML {
    .element("section", [:], [.element("h2", [:], [HTML(title)]), .joined(content)]) + .literal("\n")
  }

  static func paragraph(_ text: String, style: String = "sub") -> HTML { .element("p", ["class": style], text) }
}
