package googleplay

import (
	"encoding/json"
	"net/url"
	"strings"
)

// list is a JSON array: the store's questions have positions, no names.
type list = []any

// question is the body that asks for a chart: one call in a form's field
// f.req, whose own question is once more JSON, in a string.
func question(ch chart) []byte {
	inner := encode(list{list{nil, shelf(), list{2, ch.list, ch.category}}})
	outer := encode(list{list{list{rpc, string(inner), nil, "generic"}}})
	return []byte("f.req=" + url.QueryEscape(string(outer)))
}

// shelf says how many apps are wanted, and which fields of each.
func shelf() list {
	everything := list{list{nil, list{}}} // a filter that lets all through
	return list{
		list{8, list{20, places}},
		true,
		nil,
		numbers("64 1 195 71 8 72 9 10 11 139 12 16 145 148 150 151 152 27 30 31 96 32 34 163 100 165 104 169 108 110 113 55 56 57 122"),
		list{
			nil, nil,
			list{
				list{
					list{true},
					nil, everything, nil, nil, nil, nil,
					list{nil, 2},
					nil, nil, nil, nil, nil, nil,
					list{1},
					nil, nil, nil, nil, nil, nil, nil,
					list{1},
				},
				list{nil, everything},
				list{nil, everything, nil, list{true}},
				list{nil, everything},
				nil, nil, nil, nil,
				list{everything},
				list{everything},
			},
			list{fields()},
		},
		nil, nil,
		list{list{list{1, 2}, list{10, 8, 9}, list{}, list{}}},
	}
}

// fields lists, for each kind of card and each place that shows one, what is
// to be on it.
func fields() list {
	kinds := []struct {
		kind   int
		fields string
	}{
		{7, "1 73 96 103 97 58 50 92 52 112 69 19 31 101 123 74 49 80 38 20 10 14 79 43 42 139"},
		{9, "1 7 9 24 12 31 5 15 27 8 13 10"},
		{17, "1 7 9 25 13 31 5 41 27 8 14 10"},
		{10, "1 7 6 9"},
		{1, "1 5 14 38 19 29 34 4 12 11 6 30 43 40 42 16 10 7"},
		{4, "1 3 5 4 7 6 11 19 21 17 15 12 16 20"},
		{3, "1 5 14 4 10 17"},
		{2, "1 5 7 4 13 16 12 18"},
	}
	spots := numbers("1 31 104 9 8 27 12 65 110 88 11 56 55 96 10 122 72 71 64 113 139 150 169 165 151 163 32 16 108 100")
	var all list
	for _, k := range kinds {
		for _, spot := range spots {
			all = append(all, list{list{k.kind, spot}, list{numbers(k.fields)}})
		}
	}
	return all
}

// numbers makes an array of what is written with blanks between.
func numbers(text string) list {
	var all list
	for word := range strings.FieldsSeq(text) {
		all = append(all, json.Number(word))
	}
	return all
}

// encode cannot fail: there is nothing in a question but lists, numbers,
// strings and constants.
func encode(l list) []byte {
	text, _ := json.Marshal(l)
	return text
}
