import NFSv4

/// The objects used last, by filehandle, and those that are open.
///
/// At most `limit` objects are kept for their own sake (second chance: one that was used since the
/// hand passed it stays); open ones stay as long as they are open.
struct ObjectCache {
  private struct Slot {
    var object: PosixObject
    var isUsed: Bool
  }

  private let limit: Int
  private var slots: [Slot] = []
  private var indices: [NfsFh4: Int] = [:]
  private var hand = 0
  private var pins: [NfsFh4: (object: PosixObject, count: Int)] = [:]

  /// - Parameter limit: at least 1.
  init(limit: Int) { self.limit = max(1, limit) }

  var count: Int { slots.count }

  mutating func object(_ handle: NfsFh4) -> PosixObject? {
    if let index = indices[handle] {
      slots[index].isUsed = true
      return slots[index].object
    }
    return pins[handle]?.object
  }

  /// Adds an object unless there is one with its handle.
  /// - Returns: the object to use from now on, and what was displaced: to be released outside of
  ///   the lock, as that closes its descriptor.
  mutating func insert(_ object: PosixObject) -> (object: PosixObject, displaced: PosixObject?) {
    if let known = self.object(object.handle) { return (known, nil) }
    if slots.count < limit {
      indices[object.handle] = slots.count
      slots.append(Slot(object: object, isUsed: false))
      return (object, nil)
    }
    while slots[hand].isUsed {
      slots[hand].isUsed = false
      hand = (hand + 1) % slots.count
    }
    let displaced = slots[hand].object
    indices[displaced.handle] = nil
    slots[hand] = Slot(object: object, isUsed: false)
    indices[object.handle] = hand
    hand = (hand + 1) % slots.count
    return (object, displaced)
  }

  /// Forgets an object that is gone.
  mutating func remove(_ handle: NfsFh4) -> PosixObject? {
    guard let index = indices.removeValue(forKey: handle) else { return nil }
    let removed = slots[index].object
    let last = slots.removeLast()
    if index < slots.count {
      slots[index] = last
      indices[last.object.handle] = index
    }
    if hand >= slots.count { hand = 0 }
    return removed
  }

  /// Forgets everything that is not open.
  mutating func removeAll() -> [PosixObject] {
    let all = slots.map(\.object)
    slots = []
    indices = [:]
    hand = 0
    return all
  }

  func isPinned(_ handle: NfsFh4) -> Bool { pins[handle] != nil }

  mutating func pin(_ object: PosixObject) {
    pins[object.handle, default: (object, 0)].count += 1
  }

  /// - Returns: the object if this was the last pin: to be released outside of the lock.
  mutating func unpin(_ object: PosixObject) -> PosixObject? {
    guard var pin = pins[object.handle] else { return nil }
    pin.count -= 1
    pins[object.handle] = pin.count > 0 ? pin : nil
    return pin.object
  }
}
