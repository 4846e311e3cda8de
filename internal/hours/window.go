package hours

import (
	"errors"
	"fmt"
)

// Window is when a person may be called or texted, by the person's own clock: in
// minutes from midnight, the end not included. The zero value is DefaultWindow.
type Window struct{ From, To int }

// DefaultWindow is 8:00 to 20:00, the narrower hours that several states ask for;
// WidestWindow, 8:00 to 21:00, is what no setting can go beyond (R-10,
// 47 CFR 64.1200(c)(1)).
var (
	DefaultWindow = Window{8 * 60, 20 * 60}
	WidestWindow  = Window{8 * 60, 21 * 60}
)

// NewWindow reads a window from two times of day, "08:00" and "20:00". The error
// says which is wrong, or that they leave the widest window.
func NewWindow(from, to string) (Window, error) {
	a, err1 := minuteOf(from)
	b, err2 := minuteOf(to)
	if err := errors.Join(err1, err2); err != nil {
		return Window{}, fmt.Errorf("hours: window: %w", err)
	}
	if a >= b || a < WidestWindow.From || b > WidestWindow.To {
		return Window{}, fmt.Errorf("hours: window %s-%s is not within 08:00-21:00; an example: 08:00-20:00", from, to)
	}
	return Window{a, b}, nil
}

func (w Window) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", w.From/60, w.From%60, w.To/60, w.To%60)
}

// span gives the window as a day's opening, never wider than the widest; closed
// where nothing is left of it.
func (w Window) span() span {
	if w == (Window{}) {
		w = DefaultWindow
	}
	return span{w.From, w.To}.within(span{WidestWindow.From, WidestWindow.To})
}

func (s span) within(o span) span {
	s = span{max(s.from, o.from), min(s.to, o.to)}
	if s.from >= s.to {
		return span{}
	}
	return s
}
