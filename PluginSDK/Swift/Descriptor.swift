import CAlphaLoop

public enum Tier: UInt32, Sendable {
  case none = 0
  case executive = 1
  case senior = 2
  case junior = 3
}

/// What an agent may read, `AL_IN_*`.
public struct Inputs: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static let bars = Inputs(rawValue: AL_IN_BARS)
  public static let quotes = Inputs(rawValue: AL_IN_QUOTES)
  public static let trades = Inputs(rawValue: AL_IN_TRADES)
  public static let fundamentals = Inputs(rawValue: AL_IN_FUNDAMENTALS)
  public static let macro = Inputs(rawValue: AL_IN_MACRO)
  public static let options = Inputs(rawValue: AL_IN_OPTIONS)
  public static let news = Inputs(rawValue: AL_IN_NEWS)
  public static let events = Inputs(rawValue: AL_IN_EVENTS)
  public static let portfolio = Inputs(rawValue: AL_IN_PORTFOLIO)
  public static let orders = Inputs(rawValue: AL_IN_ORDERS)
  public static let views = Inputs(rawValue: AL_IN_VIEWS)
}

/// What an agent answers with; each kind makes it take part in that stage.
public struct Outputs: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  private init(kind: UInt16) { rawValue = 1 << UInt64(kind) }
  public static let view = Outputs(kind: AL_ROW_VIEW)
  public static let weight = Outputs(kind: AL_ROW_WEIGHT)
  public static let quantity = Outputs(kind: AL_ROW_QUANTITY)
  public static let multiplier = Outputs(kind: AL_ROW_MULTIPLIER)
  public static let veto = Outputs(kind: AL_ROW_VETO)
  public static let order = Outputs(kind: AL_ROW_ORDER)
  public static let estimate = Outputs(kind: AL_ROW_ESTIMATE)
  public static let agentWeight = Outputs(kind: AL_ROW_AGENT_WEIGHT)
  public static let halt = Outputs(kind: AL_ROW_HALT)
}

/// What a plugin says about itself, before any instance exists.
public struct Descriptor: Sendable {
  public var id: String
  public var name: String
  public var version: String
  public var summary: String
  public var family: String
  public var vendor: String
  public var license: String
  public var tier: Tier
  public var flags: UInt64
  public var inputs: Inputs
  public var outputs: Outputs
  public var parameters: [ParameterSpec]
  /// A whole JSON Schema where `parameters` cannot say it; "" to use `parameters`.
  public var schema: String
  /// Texts of custom reasons: entry i is `Reason.custom(i)`.
  public var reasons: [String]
  /// Names of estimates: entry i is label i.
  public var estimates: [String]
  public var warmUp: Int
  public var maxRows: Int
  public var stateVersion: UInt32
  public var minStateVersion: UInt32

  public init(
    id: String, name: String, version: String = "1.0.0", summary: String, family: String = "",
    vendor: String = "Alpha Loop",
    license: String = "Apache-2.0", tier: Tier = .none, flags: UInt64 = AL_FLAG_DETERMINISTIC, inputs: Inputs = [],
    outputs: Outputs = [], parameters: [ParameterSpec] = [], schema: String = "", reasons: [String] = [],
    estimates: [String] = [], warmUp: Int = 0, maxRows: Int = 1, stateVersion: UInt32 = 1, minStateVersion: UInt32 = 1
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.summary = summary
    self.family = family
    self.vendor = vendor
    self.license = license
    self.tier = tier
    self.flags = flags
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
    self.schema = schema
    self.reasons = reasons
    self.estimates = estimates
    self.warmUp = warmUp
    self.maxRows = maxRows
    self.stateVersion = stateVersion
    self.minStateVersion = minStateVersion
  }

  var schemaText: String {
    guard schema.isEmpty else { return schema }
    let properties = parameters.map { "\(jsonText($0.name)):\($0.schema)" }.joined(separator: ",")
    return "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
      + "\"additionalProperties\":false,\"properties\":{\(properties)}}"
  }
}

/// One parameter of a plugin as JSON Schema: type, default, bounds.
public struct ParameterSpec: Sendable {
  public var name: String
  public var schema: String

  public static func integer(_ name: String, default value: Int, in range: ClosedRange<Int>, _ description: String)
    -> Self
  {
    ParameterSpec(
      name: name,
      schema:
        "{\"type\":\"integer\",\"default\":\(value),\"minimum\":\(range.lowerBound),\"maximum\":\(range.upperBound),"
        + "\"description\":\(jsonText(description))}")
  }

  /// An infinite end of the range is no bound.
  public static func number(
    _ name: String, default value: Double, in range: ClosedRange<Double>, _ description: String
  ) -> Self {
    let lower = range.lowerBound.isFinite ? "\"minimum\":\(range.lowerBound)," : ""
    let upper = range.upperBound.isFinite ? "\"maximum\":\(range.upperBound)," : ""
    return ParameterSpec(
      name: name,
      schema: "{\"type\":\"number\",\"default\":\(value),\(lower)\(upper)\"description\":\(jsonText(description))}")
  }

  public static func flag(_ name: String, default value: Bool, _ description: String) -> Self {
    ParameterSpec(
      name: name, schema: "{\"type\":\"boolean\",\"default\":\(value),\"description\":\(jsonText(description))}")
  }

  public static func text(_ name: String, default value: String, _ description: String) -> Self {
    ParameterSpec(
      name: name,
      schema: "{\"type\":\"string\",\"default\":\(jsonText(value)),\"description\":\(jsonText(description))}")
  }

  /// A file or folder. The host hands it over as an absolute path; a relative one starts at the manifest's folder.
  public static func path(_ name: String, default value: String, _ description: String) -> Self {
    ParameterSpec(
      name: name,
      schema: "{\"type\":\"string\",\"format\":\"path\",\"default\":\(jsonText(value)),"
        + "\"description\":\(jsonText(description))}")
  }

  public static func choice(_ name: String, default value: String, of values: [String], _ description: String) -> Self {
    let list = values.map(jsonText).joined(separator: ",")
    return ParameterSpec(
      name: name,
      schema: "{\"type\":\"string\",\"default\":\(jsonText(value)),\"enum\":[\(list)],"
        + "\"description\":\(jsonText(description))}")
  }

  /// A property with a schema written out.
  public static func json(_ name: String, schema: String) -> Self { ParameterSpec(name: name, schema: schema) }
}

/// C strings that live as long as the library. A zero inside would end the text early in the host, so it is left out.
func immortal(_ text: String) -> UnsafePointer<CChar> {
  let bytes = text.utf8.filter { $0 != 0 }
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
  for (i, byte) in bytes.enumerated() { copy[i] = CChar(bitPattern: byte) }
  copy[bytes.count] = 0
  return UnsafePointer(copy)
}

func immortal(list: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
  let copy = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: list.count + 1)
  for (i, text) in list.enumerated() { (copy + i).initialize(to: immortal(text)) }
  (copy + list.count).initialize(to: nil)
  return UnsafePointer(copy)
}

extension Descriptor {
  func check(stateVersion version: UInt32) throws(PluginError) {
    guard version >= minStateVersion, version <= stateVersion else {
      throw .data("state version \(version) is not between \(minStateVersion) and \(stateVersion)")
    }
  }

  /// The C form; allocated once per library and never freed, as the ABI asks.
  func makeC(kind: UInt32, interfaces: [String]) -> UnsafePointer<al_descriptor_v1> {
    let c = UnsafeMutablePointer<al_descriptor_v1>.allocate(capacity: 1)
    c.initialize(
      to: al_descriptor_v1(
        size: UInt32(MemoryLayout<al_descriptor_v1>.size), kinds: kind, flags: flags, inputs: inputs.rawValue,
        outputs: outputs.rawValue, id: immortal(id), name: immortal(name), vendor: immortal(vendor),
        version: immortal(version), license: immortal(license), summary: immortal(summary), family: immortal(family),
        parameters: immortal(schemaText), interfaces: immortal(list: interfaces),
        reasons: reasons.isEmpty ? nil : immortal(list: reasons),
        estimates: estimates.isEmpty ? nil : immortal(list: estimates), tier: tier.rawValue,
        warm_up: UInt32(clamping: warmUp),
        max_rows: UInt32(clamping: maxRows), state_version: stateVersion, min_state_version: minStateVersion,
        reserved: 0))
    return UnsafePointer(c)
  }
}
