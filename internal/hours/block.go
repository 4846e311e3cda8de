package hours

import "time"

// Block is a stretch of time: From belongs to it, To does not.
type Block struct{ From, To time.Time }

// Minutes gives the block's length in whole elapsed minutes.
func (b Block) Minutes() int { return int(b.To.Sub(b.From) / time.Minute) }

// Holds says whether t lies in the block.
func (b Block) Holds(t time.Time) bool { return !t.Before(b.From) && t.Before(b.To) }

// Minutes adds up the blocks' lengths, in whole elapsed minutes.
func Minutes(blocks []Block) int {
	n := 0
	for _, b := range blocks {
		n += b.Minutes()
	}
	return n
}

// Blocks gives the time from from to to, that one not included, in which the
// line is open: in order, never empty, never touching.
func (c *Calendar) Blocks(from, to time.Time) []Block {
	var out []Block
	for at := from; at.Before(to); {
		a, b, next := c.part(at)
		a, b = later(a, at), earlier(b, to)
		switch last := len(out) - 1; {
		case !a.Before(b):
		case last >= 0 && out[last].To.Equal(a):
			out[last].To = b
		default:
			out = append(out, Block{a, b})
		}
		at = next
	}
	return out
}

// common gives the time that lies in both.
func common(a, b []Block) []Block {
	var out []Block
	for len(a) > 0 && len(b) > 0 {
		both := Block{later(a[0].From, b[0].From), earlier(a[0].To, b[0].To)}
		if both.From.Before(both.To) {
			out = append(out, both)
		}
		if a[0].To.Before(b[0].To) {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

// shorten takes the last d away from every block.
func shorten(blocks []Block, d time.Duration) []Block {
	var out []Block
	for _, b := range blocks {
		if b.To = b.To.Add(-d); b.From.Before(b.To) {
			out = append(out, b)
		}
	}
	return out
}
