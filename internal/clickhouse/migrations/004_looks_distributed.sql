{{.Distributed "looks" "cityHash64(target)"}}
