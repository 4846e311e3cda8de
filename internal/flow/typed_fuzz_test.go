package flow

import "testing"

// Whatever is typed or said, no kind of answer breaks, and none takes an empty one.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"03/04/1960", "March 4, 1960", "4 de marzo de 1960", "2:30 pm", "one", "(617) 555-0123", "+44 20 7946 0958", "10001-1234", "ana@example.org", "yes please", "١٢", "\xff", "31/02/2000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, ask := range []Ask{Date{}, Phone{}, Phone{Abroad: true}, Zip{}, Digits{N: 8, Luhn: true}, Clock{}, Email{}, YesNo(), Choices("1", "first", "2", "second"), Recording{}} {
			p := typedAnswer(ask, s)
			if p.ok && p.value == "" {
				t.Errorf("%s takes an empty answer", ask.Kind())
			}
		}
	})
}
