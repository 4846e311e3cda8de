package phone

import (
	"bytes"
	"embed"
	"html/template"
	"mime"
	"net/http"
	"path"
)

//go:embed assets
var assets embed.FS

// One template, parsed when the program starts: a broken page stops it there.
var pageTemplate = template.Must(template.ParseFS(assets, "assets/phone.html"))

// key is one button of the keypad.
type key struct{ Digit, Letters, Name string }

// The letters are those of ITU-T E.161.
var keypad = [...]key{
	{"1", "", "1"}, {"2", "ABC", "2"}, {"3", "DEF", "3"},
	{"4", "GHI", "4"}, {"5", "JKL", "5"}, {"6", "MNO", "6"},
	{"7", "PQRS", "7"}, {"8", "TUV", "8"}, {"9", "WXYZ", "9"},
	{"*", "", "star"}, {"0", "+", "0"}, {"#", "", "pound"},
}

var clockChoices = [...]Option{
	{ID: ClockOpen, Label: "Now, working hours"},
	{ID: ClockHalf, Label: "+30 minutes"},
	{ID: ClockHour, Label: "+1 hour"},
	{ID: ClockMorning, Label: "Tomorrow morning"},
	{ID: ClockAfterHours, Label: "After hours"},
	{ID: ClockHoliday, Label: "A holiday"},
}

var calleeChoices = [...]Option{
	{ID: CalleeMyself, Label: "I answer it myself"},
	{ID: CalleeAnswers, Label: "Answers and presses 1 by itself"},
	{ID: CalleeBusy, Label: "Busy"},
	{ID: CalleeNoAnswer, Label: "Nobody answers"},
	{ID: CalleeVoicemail, Label: "Voicemail answers"},
}

var carrierChoices = [...]Option{
	{ID: CarrierDelivers, Label: "Texts arrive"},
	{ID: CarrierOff, Label: "The phone is off"},
	{ID: CarrierLandline, Label: "It takes no texts"},
	{ID: CarrierFilters, Label: "The network holds them back"},
}

// pageData is what the template reads.
type pageData struct {
	View     View
	Keys     []key
	Clocks   []Option
	Callees  []Option
	Carriers []Option
	Texting  bool
	Delivers bool
}

// page renders the telephone with what can be chosen; the script fills in the
// call, if there is one.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	v, err := s.x.View(r.Context(), "")
	if err != nil {
		s.fail(w, "page", err)
		return
	}
	_, texting := s.x.(Texter)
	_, delivers := s.x.(Deliverer)
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, pageData{View: v, Keys: keypad[:], Clocks: clockChoices[:],
		Callees: calleeChoices[:], Carriers: carrierChoices[:], Texting: texting, Delivers: delivers})
	if err != nil {
		s.fail(w, "page", err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

// asset serves one embedded file, asked for anew each time so that a page never
// runs with the script of another version.
func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := assets.ReadFile("assets/" + name)
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b)
	}
}

// securityHeaders are on every answer. The policy allows no script, style or
// connection but the page's own, and nobody may frame it.
var securityHeaders = [...][2]string{
	{"Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range securityHeaders {
			w.Header().Set(h[0], h[1])
		}
		next.ServeHTTP(w, r)
	})
}
