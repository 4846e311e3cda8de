package recordings

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// newKeeper gives a keeper of an empty vault.
func newKeeper(t testing.TB, twilio *fakeTwilio) (*Keeper, *Dir, *clock) {
	t.Helper()
	d, c := newDir(t)
	return &Keeper{Source: twilio, Vault: d, Missing: isNoSuch, Now: c.now}, d, c
}

// wantKept keeps sid, which was noted at start, and checks what comes of it.
func wantKept(t testing.TB, k *Keeper, want Outcome, errs ...error) {
	t.Helper()
	outcome, err := k.Keep(context.Background(), sid, start)
	if outcome != want || (err == nil) != (len(errs) == 0) {
		t.Errorf("kept: %s, %v; want %s, %v", outcome, err, want, errs)
	}
	for _, e := range errs {
		if !errors.Is(err, e) {
			t.Errorf("the error %v does not say %v", err, e)
		}
	}
}

func wantAtTwilio(t testing.TB, f *fakeTwilio, want bool) {
	t.Helper()
	if f.has(sid) != want {
		t.Errorf("at Twilio: %t; want %t", !want, want)
	}
}

func TestARecordingMovesFromTwilioToTheVault(t *testing.T) {
	twilio := newTwilio(sid, "hello", other, "another")
	k, d, _ := newKeeper(t, twilio)
	wantKept(t, k, Stored)
	wantAudio(t, d, sid, "hello")
	wantAtTwilio(t, twilio, false)
	if !twilio.has(other) {
		t.Error("the other recording is gone too")
	}
	wantKept(t, k, AlreadyStored)
	wantFiles(t, d, 1)
	if twilio.fetches != 1 {
		t.Errorf("fetched %d times", twilio.fetches)
	}
}

func TestARecordingThatIsNotReady(t *testing.T) {
	twilio := newTwilio()
	k, d, c := newKeeper(t, twilio)
	wantKept(t, k, NotReady, errNoSuch)
	c.t = start.Add(DefaultGiveUp - time.Second)
	wantKept(t, k, NotReady, errNoSuch)
	twilio.audio[sid] = "late"
	c.t = start.Add(DefaultGiveUp + time.Hour)
	wantKept(t, k, Stored)
	wantAudio(t, d, sid, "late")
}

func TestARecordingThatNeverComesIsLost(t *testing.T) {
	k, d, c := newKeeper(t, newTwilio())
	c.t = start.Add(DefaultGiveUp)
	wantKept(t, k, Lost, ErrLost, errNoSuch)
	wantFiles(t, d, 0)

	k.GiveUp = 48 * time.Hour
	wantKept(t, k, NotReady, errNoSuch)
}

func TestWhatCannotBeFetchedStaysAtTwilio(t *testing.T) {
	failing := func(err error) func(string) io.ReadCloser {
		return func(audio string) io.ReadCloser {
			return io.NopCloser(io.MultiReader(strings.NewReader(audio[:3]), iotest.ErrReader(err)))
		}
	}
	tests := map[string]struct {
		fault func(*fakeTwilio)
		want  error
	}{
		"Twilio is down":          {func(f *fakeTwilio) { f.onFetch = func() error { return errBroken } }, errBroken},
		"it breaks in the middle": {func(f *fakeTwilio) { f.body = failing(errBroken) }, errBroken},
		"time runs out":           {func(f *fakeTwilio) { f.body = failing(context.DeadlineExceeded) }, context.DeadlineExceeded},
		"less than was announced": {func(f *fakeTwilio) { f.body = announced(t, 100) }, io.ErrUnexpectedEOF},
		"empty":                   {func(f *fakeTwilio) { f.audio[sid] = "" }, ErrEmpty},
		"a page of a proxy":       {func(f *fakeTwilio) { f.contentType = "text/html" }, ErrNotAudio},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			twilio := newTwilio(sid, "hello")
			tt.fault(twilio)
			k, d, c := newKeeper(t, twilio)
			wantKept(t, k, Failed, tt.want)
			wantFiles(t, d, 0)
			wantAtTwilio(t, twilio, true)

			c.t = start.Add(DefaultGiveUp)
			wantKept(t, k, Failed, tt.want, ErrOverdue)

			twilio.onFetch, twilio.body, twilio.contentType, twilio.audio[sid] = nil, nil, wav, "hello"
			wantKept(t, k, Stored)
			wantAudio(t, d, sid, "hello")
		})
	}
}

// announced gives bodies of HTTP answers that announce size bytes.
func announced(t *testing.T, size int) func(string) io.ReadCloser {
	return func(audio string) io.ReadCloser {
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, audio)
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Body
	}
}

func TestARecordingThatIsTooLargeIsRefused(t *testing.T) {
	twilio := newTwilio(sid, strings.Repeat("x", MaxAudio+1))
	k, d, c := newKeeper(t, twilio)
	wantKept(t, k, Refused, ErrTooLarge)
	c.t = start.Add(DefaultGiveUp)
	wantKept(t, k, Refused, ErrTooLarge)
	wantFiles(t, d, 0)
	wantAtTwilio(t, twilio, true)
}

func TestWhatIsNoSIDIsRefused(t *testing.T) {
	twilio := newTwilio()
	k, _, _ := newKeeper(t, twilio)
	outcome, err := k.Keep(context.Background(), "../"+sid, start)
	if outcome != Refused || !errors.Is(err, ErrInvalidID) || twilio.fetches != 0 {
		t.Errorf("%s, %v after %d fetches", outcome, err, twilio.fetches)
	}
}

func TestWhatCannotBeDeletedIsDeletedLater(t *testing.T) {
	twilio := newTwilio(sid, "hello")
	twilio.onDelete = func() error { return errBroken }
	k, d, c := newKeeper(t, twilio)
	wantKept(t, k, NotDeleted, errBroken)
	wantAudio(t, d, sid, "hello")
	c.t = start.Add(DefaultGiveUp)
	wantKept(t, k, NotDeleted, errBroken, ErrOverdue)
	twilio.onDelete = nil
	wantKept(t, k, AlreadyStored)
	wantAtTwilio(t, twilio, false)
	if twilio.fetches != 1 {
		t.Errorf("fetched %d times; once is enough", twilio.fetches)
	}
}

func TestADamagedCopyIsFetchedAgain(t *testing.T) {
	twilio := newTwilio(sid, "hello")
	k, d, _ := newKeeper(t, twilio)
	put(t, d, sid, "hello")
	damage(t, d, sid, cutOff)
	wantKept(t, k, Stored)
	wantAudio(t, d, sid, "hello")
	wantAtTwilio(t, twilio, false)
}

func TestADamagedCopyThatTwilioCannotReplace(t *testing.T) {
	k, d, c := newKeeper(t, newTwilio())
	put(t, d, sid, "hello")
	damage(t, d, sid, cutOff)
	wantKept(t, k, NotReady, errNoSuch, ErrDamaged)
	c.t = start.Add(DefaultGiveUp)
	wantKept(t, k, Lost, ErrLost, ErrDamaged)
}

// TestErrorsDoNotTellWhatTwilioSent reads the errors as a log would have them.
func TestErrorsDoNotTellWhatTwilioSent(t *testing.T) {
	const said = "my name is Jane"
	twilio := newTwilio(sid, said)
	twilio.contentType = "text/plain; " + said
	k, _, c := newKeeper(t, twilio)
	c.t = start.Add(DefaultGiveUp)
	_, err := k.Keep(context.Background(), sid, start)
	const want = "recordings: keep: recordings: overdue at Twilio: recordings: not audio"
	if err == nil || err.Error() != want {
		t.Errorf("error %v; want %s", err, want)
	}
}
