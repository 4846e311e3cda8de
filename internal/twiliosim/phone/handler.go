package phone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
)

// maxBody is what one POST may carry, in bytes.
const maxBody = 16 << 10

// Handler serves the telephone over x: GET /, its style sheet, scripts and icon,
// and POST /phone/… with JSON in and out.
//
// It refuses requests from other origins, bodies over 16 KiB and anything that
// is not JSON. A failed request answers {"error":{"code","message"}}, where the
// message is a sentence for the visitor. Faults of x are logged to log, once;
// what the visitor pressed, said or wrote is not.
func Handler(x Exchange, log *slog.Logger) http.Handler {
	s := &server{x: x, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	for _, a := range []string{"phone.css", "phone.js", "desk.css", "desk.js", "lists.js", "time.js", "voice.js", "phone.svg"} {
		mux.HandleFunc("GET /"+a, asset(a))
	}
	for name, op := range operations(x) {
		mux.HandleFunc("POST /phone/"+name, s.drive(name, op))
	}
	return secured(http.NewCrossOriginProtection().Handler(mux))
}

type server struct {
	x   Exchange
	log *slog.Logger
}

// operation is one button of the page.
type operation func(context.Context, input) (View, error)

func operations(x Exchange) map[string]operation {
	ops := map[string]operation{
		"view":   func(ctx context.Context, in input) (View, error) { return x.View(ctx, in.Call) },
		"ring":   func(ctx context.Context, in input) (View, error) { return x.Ring(ctx, in.Line, in.Caller) },
		"pickup": func(ctx context.Context, in input) (View, error) { return x.PickUp(ctx, in.Call) },
		"press":  func(ctx context.Context, in input) (View, error) { return press(ctx, x, in) },
		"speak":  func(ctx context.Context, in input) (View, error) { return x.Speak(ctx, in.Call, in.Words) },
		"hangup": func(ctx context.Context, in input) (View, error) { return x.Hangup(ctx, in.Call) },
		"clock":  func(ctx context.Context, in input) (View, error) { return x.SetClock(ctx, in.To) },
		"callee": func(ctx context.Context, in input) (View, error) { return x.SetCallee(ctx, in.Behaviour) },
		"silence": func(ctx context.Context, in input) (View, error) {
			return x.Silence(ctx, in.Call)
		},
		"remote-hangup": func(ctx context.Context, in input) (View, error) {
			return x.RemoteHangup(ctx, in.Call)
		},
	}
	if t, ok := x.(Texter); ok {
		ops["text"] = func(ctx context.Context, in input) (View, error) { return t.Text(ctx, in.Words) }
		ops["carrier"] = func(ctx context.Context, in input) (View, error) { return t.SetCarrier(ctx, in.Behaviour) }
	}
	if d, ok := x.(Deliverer); ok {
		ops["deliver"] = func(ctx context.Context, _ input) (View, error) { return d.Deliver(ctx) }
	}
	return ops
}

func press(ctx context.Context, x Exchange, in input) (View, error) {
	if !isKeys(in.Keys) {
		return View{}, errBadKeys
	}
	return x.Press(ctx, in.Call, in.Keys)
}

// drive decodes, calls op and renders. The answer is never cached.
func (s *server) drive(name string, op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, err := decode(w, r)
		if err != nil {
			s.fail(w, name, err)
			return
		}
		v, err := op(r.Context(), in)
		if err != nil {
			s.fail(w, name, err)
			return
		}
		writeView(w, v, in.Seen)
	}
}

// writeView answers with v under a tag of its content, or with 204 when the page
// has seen this content already.
func writeView(w http.ResponseWriter, v View, seen string) {
	b, _ := json.Marshal(shown(v)) // strings, numbers and lists of them cannot fail
	sum := sha256.Sum256(b)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	if seen == tag {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("ETag", tag)
	writeJSON(w, http.StatusOK, json.RawMessage(b))
}

// fail renders err and logs it when it is nobody's but ours.
func (s *server) fail(w http.ResponseWriter, name string, err error) {
	f := faultOf(err)
	if f.status == http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.log.Error("browser telephone", "operation", name, "error", err)
	}
	writeJSON(w, f.status, map[string]any{
		"error": map[string]string{"code": string(f.code), "message": f.message},
	})
}

// input is every field that the page may send; each operation reads its own.
type input struct {
	Call      string `json:"call"`
	Line      string `json:"line"`
	Caller    string `json:"caller"`
	Keys      string `json:"keys"`
	Words     string `json:"words"`
	To        string `json:"to"`
	Behaviour string `json:"behaviour"`
	Seen      string `json:"seen"` // the ETag of the view that the page shows, when no other news is wanted
}

// decode reads one JSON object. Its errors hold nothing of what was sent.
func decode(w http.ResponseWriter, r *http.Request) (input, error) {
	var in input
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return in, errNotJSON
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return in, errTooLong
	}
	if err != nil || json.Unmarshal(body, &in) != nil {
		return in, errBadJSON
	}
	return in, nil
}

// isKeys says whether s is one to 32 keys of a telephone.
func isKeys(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && c != '*' && c != '#' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 32
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the visitor left: nobody is there to be told
}
