/// A queue in an array; what was taken from its front is given back now and then.
struct FIFO<Element> {
  private var elements: [Element] = []
  private var head = 0

  var count: Int { elements.count - head }
  var isEmpty: Bool { count == 0 }
  var first: Element? { head < elements.count ? elements[head] : nil }

  /// - Parameter index: from the front, less than ``count``.
  subscript(index: Int) -> Element { elements[head + index] }

  mutating func append(_ element: Element) { elements.append(element) }

  /// Removes the first element; there has to be one.
  mutating func removeFirst() {
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: head <= 64)
      head = 0
    } else if head >= 64, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
  }

  /// Puts elements in front of all others, in their order.
  mutating func prepend(_ front: [Element]) {
    guard !front.isEmpty else { return }
    if front.count <= head {
      head -= front.count
      for (offset, element) in front.enumerated() { elements[head + offset] = element }
    } else {
      elements.replaceSubrange(..<head, with: front)
      head = 0
    }
  }

  mutating func removeAll(where isGone: (Element) -> Bool) {
    elements = elements[head...].filter { !isGone($0) }
    head = 0
  }
}

extension FIFO: Sendable where Element: Sendable {}
