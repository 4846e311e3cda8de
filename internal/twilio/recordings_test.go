package twilio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestFetchRecording(t *testing.T) {
	const sound = "RIFF"
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != testAccount || password != testToken || r.URL.Path != "/2010-04-01/Accounts/"+testAccount+"/Recordings/"+recording+".wav" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = io.WriteString(w, sound)
	})
	body, contentType, err := c.FetchRecording(context.Background(), recording)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	equal(t, "sound", string(got), sound)
	equal(t, "error", err, nil)
	equal(t, "content type", contentType, "audio/x-wav")
	equal(t, "close", body.Close(), nil)
}

func TestFetchRecordingFollowsTwilioWithoutTellingThePassword(t *testing.T) {
	media := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the credentials went to another host")
		}
		_, _ = io.WriteString(w, "RIFF")
	}))
	defer media.Close()
	// 127.0.0.1 and localhost are two hosts to a client.
	elsewhere := "http://localhost:" + media.URL[len("http://127.0.0.1:"):]
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	})
	body, _, err := c.FetchRecording(context.Background(), recording)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "close", body.Close(), nil)

	down := served(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "ftp://x.example.org/", http.StatusFound)
	})
	_, _, err = down.FetchRecording(context.Background(), recording)
	expectError(t, err, Refused, http.StatusFound, 0, nil)
}

func TestFetchRecordingThatIsNotThere(t *testing.T) {
	for status, want := range map[int]Class{404: NotFound, 401: Config, 429: Retry, 500: Retry} {
		_, _, err := served(t, answer(status, "<?xml version='1.0'?><TwilioResponse/>")).FetchRecording(context.Background(), recording)
		expectError(t, err, want, status, 0, nil)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := served(t, answer(200, "")).FetchRecording(ctx, recording)
	expectError(t, err, Retry, 0, 0, context.Canceled)
}

func TestARecordingThatIsTooLarge(t *testing.T) {
	c := served(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "67108865") })
	_, _, err := c.FetchRecording(context.Background(), recording)
	expectError(t, err, Refused, http.StatusOK, 0, ErrTooLarge)

	for size, want := range map[int]error{99: nil, 100: nil, 101: ErrTooLarge, 500: ErrTooLarge} {
		m := &media{body: io.NopCloser(bytes.NewReader(make([]byte, size))), cancel: func() {}, left: 100}
		got, err := io.ReadAll(m)
		if !errors.Is(err, want) || len(got) != min(size, 100) {
			t.Errorf("%d bytes of 100: read %d, %v", size, len(got), err)
		}
	}
}

func TestDeleteRecording(t *testing.T) {
	for status, ok := range map[int]bool{204: true, 404: true, 500: false, 401: false} {
		var method string
		c := served(t, func(w http.ResponseWriter, r *http.Request) { method = r.Method; w.WriteHeader(status) })
		if err := c.DeleteRecording(context.Background(), recording); (err == nil) != ok || method != http.MethodDelete {
			t.Errorf("%s answered %d: %v", method, status, err)
		}
	}
}
