# signet_proto(NAME files...)
#
# Messages and gRPC stubs from .proto files of this folder, as the static library NAME. A file
# x.proto is included as "FOLDER/x.pb.h" and "FOLDER/x.grpc.pb.h"; what is generated is not warned
# about.
function(signet_proto name)
  set(out ${PROJECT_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  set(generated)
  foreach(file ${ARGN})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    string(REGEX REPLACE "\\.proto$" "" stem ${path})
    set(made ${out}/${stem}.pb.cc ${out}/${stem}.grpc.pb.cc)
    add_custom_command(
      OUTPUT ${made} ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.h
      COMMAND protobuf::protoc --proto_path ${PROJECT_SOURCE_DIR}/src --cpp_out ${out}
              --grpc_out ${out} --plugin protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
              ${PROJECT_SOURCE_DIR}/src/${path}
      DEPENDS ${file} VERBATIM)
    list(APPEND generated ${made})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC gRPC::grpc++ protobuf::libprotobuf)
  target_compile_options(${name} PRIVATE -w)
endfunction()
