internal import AlphaLoopYAML

/// Checks names that one file uses and another defines.
struct ConfigurationCrossCheck {
  private let instruments: [InstrumentConfiguration]?
  private let bySymbol: [String: InstrumentConfiguration]
  private let sectors: [SectorConfiguration]
  private let sectorIDs: [String]?
  private let sectorOfSymbol: [String: SectorConfiguration]
  private let issues: IssueCollector

  /// - Parameters:
  ///   - instruments: nil when the universe could not be read; symbols are not checked then.
  ///   - sectorIDs: of every sector file, readable or not; nil when they could not be listed; not checked then.
  init(
    instruments: [InstrumentConfiguration]?, sectors: [SectorConfiguration], sectorIDs: [String]?,
    issues: IssueCollector
  ) {
    self.instruments = instruments
    self.sectors = sectors
    self.sectorIDs = sectorIDs
    self.issues = issues
    bySymbol = Dictionary((instruments ?? []).map { ($0.symbol, $0) }) { first, _ in first }
    sectorOfSymbol = Dictionary(sectors.flatMap { sector in sector.symbols.map { ($0, sector) } }) { first, _ in first }
  }

  /// The instrument, or nil with a report.
  private func instrument(_ symbol: Located<String>) -> InstrumentConfiguration? {
    guard let instruments else { return nil }
    if let found = bySymbol[symbol.value] { return found }
    let advice = NearestWord.advice(for: symbol.value, in: instruments.map(\.symbol), noun: "its symbols are")
    issues.report(symbol.location, "'\(symbol.value)' is not in universe.yaml; \(advice)")
    return nil
  }

  func checkSectors() {
    var places: [String: Located<String>] = [:]
    for sector in sectors {
      for symbol in sector.locatedSymbols {
        if let earlier = places[symbol.value] {
          issues.report(
            symbol.location, "'\(symbol.value)' already belongs to a sector at \(earlier.location); keep one of the two"
          )
          continue
        }
        places[symbol.value] = symbol
        guard let instrument = instrument(symbol) else { continue }
        if !instrument.isTradable {
          issues.report(
            symbol.location, "'\(symbol.value)' is not tradable, so no sector can trade it; take it out of the sector")
        }
        if let named = instrument.sector, named != sector.id {
          issues.report(
            symbol.location,
            "'\(symbol.value)' belongs to '\(named)' by \(instrument.sectorLocation); correct one of the two")
        }
      }
    }
    for instrument in instruments ?? [] {
      guard let named = instrument.sector, let sectorIDs, !sectorIDs.contains(named) else { continue }
      let advice = NearestWord.advice(for: named, in: sectorIDs, noun: "the sectors are")
      issues.report(instrument.sectorLocation, "there is no file sectors/\(named).yaml; \(advice)")
    }
  }

  func checkCalendars(_ sessions: SessionsConfiguration) {
    let ids = sessions.calendars.map(\.id)
    // An instrument without a calendar has its own report.
    for instrument in instruments ?? [] where !instrument.calendar.isEmpty && !ids.contains(instrument.calendar) {
      let advice = NearestWord.advice(for: instrument.calendar, in: ids, noun: "its calendars are")
      issues.report(
        instrument.calendarLocation, "the calendar '\(instrument.calendar)' is not in sessions.yaml; \(advice)")
    }
  }

  func checkSymbols(_ symbols: [Located<String>]) {
    for symbol in symbols { _ = instrument(symbol) }
  }

  /// Resolves universes to symbols and checks that ids are unique.
  func resolve(_ instances: [PluginInstance]) -> [PluginInstance] {
    var places: [String: SourceLocation] = [:]
    return instances.map { instance in
      if let earlier = places[instance.id] {
        issues.report(
          instance.location, "the instance id '\(instance.id)' is taken at \(earlier); give it an 'id' of its own")
      }
      places[instance.id] = places[instance.id] ?? instance.location
      return resolveUniverse(of: instance)
    }
  }

  private func resolveUniverse(of instance: PluginInstance) -> PluginInstance {
    guard let universe = instance.universe else { return instance }
    var instance = instance
    var wanted: Set<String> = []
    var reason = "none of its symbols is in an enabled sector"
    switch universe {
    case .all:
      wanted = Set(sectors.filter(\.isEnabled).flatMap(\.symbols))
      reason = "no sector is enabled"
    case .sector(let id):
      if let sector = sectors.first(where: { $0.id == id }) {
        wanted = sector.isEnabled ? Set(sector.symbols) : []
        reason = "the sector '\(id)' is disabled"
      } else if let sectorIDs, !sectorIDs.contains(id) {
        let advice = NearestWord.advice(for: id, in: sectorIDs, noun: "the sectors are")
        issues.report(instance.universeLocation, "there is no sector '\(id)'; \(advice)")
      }
    case .symbols:
      var seen: Set<String> = []
      for symbol in instance.symbolLocations {
        if !seen.insert(symbol.value).inserted {
          issues.report(symbol.location, "'\(symbol.value)' is listed twice; remove one")
        } else if instrument(symbol) != nil, sectorOfSymbol[symbol.value]?.isEnabled ?? true {
          wanted.insert(symbol.value)
        }
      }
    }
    instance.symbols = (instruments ?? []).map(\.symbol).filter(wanted.contains)
    if instance.symbols.isEmpty, instance.disabledReason == nil { instance.disabledReason = reason }
    return instance
  }
}
