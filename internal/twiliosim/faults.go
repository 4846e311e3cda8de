package twiliosim

import (
	"net/url"
	"strings"
	"time"
)

// Faults stand until they are changed.
type Faults struct {
	// ExtraFields are added to every request: Twilio adds new parameters
	// without notice.
	ExtraFields url.Values
	// OmitFrom leaves From and Caller out of every request.
	OmitFrom bool
	// HoldCallbacks keeps status callbacks back until ReleaseCallbacks.
	HoldCallbacks bool
	// ReverseCallbacks sends the callbacks that are released together last
	// first.
	ReverseCallbacks bool
}

// FaultKind names a fault that happens once, or a counted number of times.
type FaultKind string

// The kinds of a Fault.
const (
	// FaultRepeat loses the first answer to a webhook and sends the request
	// again with the same idempotency token; the second answer counts.
	FaultRepeat FaultKind = "repeat"
	// FaultTwice delivers a webhook a second time, with another token, after
	// the answer; the second answer is ignored.
	FaultTwice FaultKind = "twice"
	// FaultTwiceAtOnce does the same at the same moment.
	FaultTwiceAtOnce FaultKind = "twice at once"
	// FaultDropCallback never sends a status callback.
	FaultDropCallback FaultKind = "drop callback"
	// FaultDelayCallback sends a status callback only After has passed and Run
	// or Step is called.
	FaultDelayCallback FaultKind = "delay callback"
	// FaultREST answers a REST request with Status (429, 500, 503 …) and does
	// nothing.
	FaultREST FaultKind = "REST error"
	// FaultRESTLost does what a REST request asks and loses the answer.
	FaultRESTLost FaultKind = "REST answer lost"
	// FaultUnreachable fails a webhook as if no connection could be made, its
	// retry included.
	FaultUnreachable FaultKind = "unreachable"
)

// Fault is something that goes wrong with the next matching request.
type Fault struct {
	Kind   FaultKind
	Path   string // prefix of the request's path; empty matches all
	Count  int    // how often; 0 means once
	Status int    // FaultREST: the HTTP status
	After  time.Duration
}

// SetFaults replaces the standing faults.
func (s *Sim) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Inject arms a fault for the next matching request.
func (s *Sim) Inject(f Fault) {
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneShots = append(s.oneShots, f)
}

// ReleaseCallbacks lets held callbacks go; Run or Step sends them. With
// ReverseCallbacks the last comes first.
func (s *Sim) ReleaseCallbacks() {
	reverse := s.standing().ReverseCallbacks
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	for _, j := range s.jobs.jobs {
		if !j.held {
			continue
		}
		j.held = false
		if reverse {
			j.order = -j.order
		}
	}
}

func (s *Sim) standing() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// strike takes an armed fault of one of the kinds for a path.
func (s *Sim) strike(path string, kinds ...FaultKind) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.oneShots {
		f := &s.oneShots[i]
		for _, k := range kinds {
			if f.Kind == k && strings.HasPrefix(path, f.Path) {
				hit := *f
				if f.Count--; f.Count == 0 {
					s.oneShots = append(s.oneShots[:i], s.oneShots[i+1:]...)
				}
				return hit, true
			}
		}
	}
	return Fault{}, false
}

// Disarm takes back every armed fault that has not struck.
func (s *Sim) Disarm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneShots = nil
}
