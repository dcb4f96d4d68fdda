/// Values that wait for an event, each in a numbered place that is used again.
struct Slab<Element> {
  private var places: ContiguousArray<Element?> = []
  private var free: ContiguousArray<Int32> = []

  /// The number of values that wait.
  var count: Int { places.count - free.count }

  /// Keeps a value and says where.
  mutating func insert(_ element: Element) -> Int32 {
    if let place = free.popLast() {
      places[Int(place)] = element
      return place
    }
    places.append(element)
    return Int32(places.count - 1)
  }

  /// The value at a place, which stays there.
  subscript(place: Int32) -> Element? { places[Int(place)] }

  /// Changes the value at a place, if there is one.
  mutating func update(_ place: Int32, _ change: (inout Element) -> Void) {
    guard var element = places[Int(place)] else { return }
    change(&element)
    places[Int(place)] = element
  }

  /// Takes a value out; nil when none is there.
  mutating func take(_ place: Int32) -> Element? {
    guard let element = places[Int(place)] else { return nil }
    places[Int(place)] = nil
    free.append(place)
    return element
  }
}
